;; A plugin with all handlers, for tests: each tells what it was given by writing it to its socket; `data` echoes.
;; Lines of the form `;;name;;` are places where a test puts other code (see `wat.rs`).
(component
  (import "sockdock:plugin/sockets@0.1.0" (instance $sockets
    (type $e (enum "closed" "reset" "refused" "unreachable" "timed-out" "name-resolution" "tls" "not-allowed"
                   "invalid-argument" "limit-exceeded" "in-progress" "unsupported" "io" "other"))
    (export "error-code" (type $error-code (eq $e)))
    (export "write" (func (param "socket" u64) (param "data" (list u8)) (result (result u32 (error $error-code)))))))
  ;;imports;;

  (core module $libc
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 8192))
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (block $fits
        (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $fits (i32.ne (i32.const -1)
          (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $size) (i32.const 16))))))
        unreachable)
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))

  (core func $write (canon lower (func $sockets "write") (memory $memory) (realloc $realloc)))
  ;;lower;;

  (core module $main
    (import "libc" "memory" (memory 0))
    (import "host" "write" (func $write (param i64 i32 i32 i32)))
    ;;core-imports;;
    (data (i32.const 16) "open")
    (data (i32.const 32) "drain")
    (data (i32.const 48) "end")
    (data (i32.const 64) "timeout")
    (data (i32.const 80) "verified")
    ;;data-segments;;
    ;; Answers the error code of a write, or -1; the host's answer lies at 0.
    (func $say (param $socket i64) (param $at i32) (param $length i32) (result i32)
      (call $write (local.get $socket) (local.get $at) (local.get $length) (i32.const 0))
      (if (result i32) (i32.load8_u (i32.const 0)) (then (i32.load8_u (i32.const 4))) (else (i32.const -1))))
    (func (export "open") (param $socket i64)
      ;;open;;
      (drop (call $say (local.get $socket) (i32.const 16) (i32.const 4))))
    (func (export "data") (param $socket i64) (param $at i32) (param $length i32)
      ;;data;;
      (drop (call $say (local.get $socket) (local.get $at) (local.get $length))))
    (func (export "drain") (param $socket i64)
      ;;drain;;
      (drop (call $say (local.get $socket) (i32.const 32) (i32.const 5))))
    (func (export "end") (param $socket i64)
      (drop (call $say (local.get $socket) (i32.const 48) (i32.const 3))))
    (func (export "timeout") (param $socket i64)
      (drop (call $say (local.get $socket) (i32.const 64) (i32.const 7))))
    (func (export "handshake") (param $socket i64) (param $failed i32) (param $at i32) (param $length i32)
      (if (local.get $failed)
        (then (drop (call $say (local.get $socket) (local.get $at) (local.get $length))))
        (else (drop (call $say (local.get $socket) (i32.const 80) (i32.const 8))))))
    (func $error (export "error") (param $socket i64) (param $code i32) (param $at i32) (param $length i32)
      ;; The code as a letter, then the message.
      (i32.store8 (i32.const 96) (i32.add (i32.const 97) (local.get $code)))
      (drop (call $say (local.get $socket) (i32.const 96) (i32.const 1)))
      (drop (call $say (local.get $socket) (local.get $at) (local.get $length))))
    (func (export "close") (param $socket i64) (param $failed i32) (param $code i32) (param $at i32) (param $length i32) (param $unsent i64)
      (if (local.get $failed)
        (then (call $error (local.get $socket) (local.get $code) (local.get $at) (local.get $length))))
      ;; The number of unsent bytes, little-endian.
      (i64.store (i32.const 104) (local.get $unsent))
      (drop (call $say (local.get $socket) (i32.const 104) (i32.const 8))))
    (func (export "connect-error") (param $socket i64) (param $code i32) (param $at i32) (param $length i32)
      (call $error (local.get $socket) (local.get $code) (local.get $at) (local.get $length)))
    ;;core;;
  )
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "host" (instance (export "write" (func $write)) (;host;)))))

  (type $error-code' (enum "closed" "reset" "refused" "unreachable" "timed-out" "name-resolution" "tls" "not-allowed"
                           "invalid-argument" "limit-exceeded" "in-progress" "unsupported" "io" "other"))
  (export $error-code "error-code" (type $error-code'))
  (type $socket-error' (record (field "code" $error-code) (field "message" string)))
  (export $socket-error "socket-error" (type $socket-error'))
  (type $close-info' (record (field "error" (option $socket-error)) (field "unsent" u64)))
  (export $close-info "close-info" (type $close-info'))
  (type $state' (record (field "version" string) (field "data" (list u8))))
  (export $state "state" (type $state'))

  (func $open (param "socket" u64) (canon lift (core func $main "open")))
  (func $data (param "socket" u64) (param "data" (list u8))
    (canon lift (core func $main "data") (memory $memory) (realloc $realloc)))
  (func $drain (param "socket" u64) (canon lift (core func $main "drain")))
  (func $end (param "socket" u64) (canon lift (core func $main "end")))
  (func $timeout (param "socket" u64) (canon lift (core func $main "timeout")))
  (func $handshake (param "socket" u64) (param "verified" (result (error string)))
    (canon lift (core func $main "handshake") (memory $memory) (realloc $realloc)))
  (func $error (param "socket" u64) (param "error" $socket-error)
    (canon lift (core func $main "error") (memory $memory) (realloc $realloc)))
  (func $close (param "socket" u64) (param "info" $close-info)
    (canon lift (core func $main "close") (memory $memory) (realloc $realloc)))
  (func $connect-error (param "socket" u64) (param "error" $socket-error)
    (canon lift (core func $main "connect-error") (memory $memory) (realloc $realloc)))
  (instance $handlers
    (export "open" (func $open))
    (export "data" (func $data))
    (export "drain" (func $drain))
    (export "end" (func $end))
    (export "timeout" (func $timeout))
    (export "handshake" (func $handshake))
    (export "error" (func $error))
    (export "close" (func $close))
    (export "connect-error" (func $connect-error)))
  (export "sockdock:plugin/socket-handlers@0.1.0" (instance $handlers))
  ;;exports;;
)
