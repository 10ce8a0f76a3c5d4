//! Encrypted PKCS#8 keys, as OpenSSL writes them: PBES2 with PBKDF2 and AES-CBC (RFC 8018). The arithmetic is AWS-LC's; what is here
//! finds its parameters. (The `pkcs8` crate would bring 25 others, of which some would have wasmtime built anew for their features.)

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use std::num::NonZeroU32;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;

const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
/// `hmacWithSHA…`, but for the last byte.
const HMAC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02];
/// `aes…-CBC`, but for the last byte.
const AES: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01];

/// What is needed beside the passphrase.
pub(super) struct Encrypted<'a> {
    salt: &'a [u8],
    iterations: NonZeroU32,
    hash: pbkdf2::Algorithm,
    cipher: &'static Algorithm,
    key_bytes: usize,
    iv: [u8; 16],
    data: &'a [u8],
}

/// Why it isn't one that can be read.
pub(super) enum Unreadable {
    /// It is something else.
    NotEncrypted,
    /// It is encrypted in another way.
    Scheme,
}

impl<'a> Encrypted<'a> {
    /// EncryptedPrivateKeyInfo.
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, Unreadable> {
        // The outer shape says what it is, the inner one how it was done.
        let shape = || {
            let mut info = Der(Der(der).take(SEQUENCE)?);
            let mut algorithm = Der(info.take(SEQUENCE)?);
            let scheme = algorithm.take(OBJECT)?;
            let data = info.take(OCTETS)?;
            Some((scheme, algorithm, data))
        };
        let (scheme, algorithm, data) = shape().ok_or(Unreadable::NotEncrypted)?;
        if scheme != PBES2 {
            return Err(Unreadable::Scheme);
        }
        Self::parameters(algorithm, data).ok_or(Unreadable::Scheme)
    }

    fn parameters(mut algorithm: Der<'a>, data: &'a [u8]) -> Option<Self> {
        let mut parameters = Der(algorithm.take(SEQUENCE)?);
        let mut derivation = Der(parameters.take(SEQUENCE)?);
        if derivation.take(OBJECT)? != PBKDF2 {
            return None;
        }
        let mut derivation = Der(derivation.take(SEQUENCE)?);
        let salt = derivation.take(OCTETS)?;
        let iterations = NonZeroU32::new(number(derivation.take(INTEGER)?)?)?;
        // The key's length may stand there; the cipher says it, too.
        let _ = derivation.take(INTEGER);
        let hash = match derivation.take(SEQUENCE) {
            None => pbkdf2::PBKDF2_HMAC_SHA1,
            Some(hash) => match Der(hash).take(OBJECT)?.strip_prefix(HMAC)? {
                [0x07] => pbkdf2::PBKDF2_HMAC_SHA1,
                [0x09] => pbkdf2::PBKDF2_HMAC_SHA256,
                [0x0a] => pbkdf2::PBKDF2_HMAC_SHA384,
                [0x0b] => pbkdf2::PBKDF2_HMAC_SHA512,
                _ => return None,
            },
        };
        let mut encryption = Der(parameters.take(SEQUENCE)?);
        let (cipher, key_bytes) = match encryption.take(OBJECT)?.strip_prefix(AES)? {
            [2] => (&AES_128, 16),
            [22] => (&AES_192, 24),
            [42] => (&AES_256, 32),
            _ => return None,
        };
        let iv = encryption.take(OCTETS)?.try_into().ok()?;
        Some(Self { salt, iterations, hash, cipher, key_bytes, iv, data })
    }

    /// PrivateKeyInfo; none for a wrong passphrase, as far as the padding tells.
    pub(super) fn decrypt(&self, passphrase: &[u8]) -> Option<Vec<u8>> {
        let mut key = vec![0; self.key_bytes];
        pbkdf2::derive(self.hash, self.iterations, self.salt, passphrase, &mut key);
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.cipher, &key).ok()?).ok()?;
        let mut data = self.data.to_vec();
        let plain = key.decrypt(&mut data, DecryptionContext::Iv128(FixedLength::from(self.iv))).ok()?;
        Some(plain.to_vec())
    }
}

/// Elements one after the other.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next one, if it has this tag; else nothing is taken.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, length], rest) = self.0.split_first_chunk()?;
        if found != tag {
            return None;
        }
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
            0x82 => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            // No key is that long.
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some(content)
    }
}

fn number(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.iter().position(|byte| *byte != 0).and_then(|first| bytes.get(first..))?;
    (digits.len() <= 4).then(|| digits.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_breaks_it(der in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Encrypted::parse(&der));
        }
    }

    #[test]
    fn numbers_have_leading_zeros() {
        assert_eq!(number(&[0, 0x08, 0]), Some(2048));
        assert_eq!(number(&[1, 0, 0, 0, 0]), None);
        assert_eq!(number(&[0]), None);
    }
}
