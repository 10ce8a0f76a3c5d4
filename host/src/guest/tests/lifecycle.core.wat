(data (i32.const 512) "no configuration")
(data (i32.const 544) "v1")
(global $value (mut i32) (i32.const 0))
(global $value-length (mut i32) (i32.const 0))
(func (export "start") (param $list i32) (param $length i32) (result i32)
  ;;start;;
  (if (i32.eqz (local.get $length))
    (then
      (i32.store8 (i32.const 256) (i32.const 1))
      (i32.store (i32.const 260) (i32.const 512))
      (i32.store (i32.const 264) (i32.const 16)))
    (else
      ;; The second string of the first pair.
      (global.set $value (i32.load offset=8 (local.get $list)))
      (global.set $value-length (i32.load offset=12 (local.get $list)))
      (i32.store8 (i32.const 256) (i32.const 0))))
  (i32.const 256))
(func (export "snapshot") (result i32)
  ;;snapshot;;
  ;; ok(some(state { version: "v1", data: value })), or ok(none) before `start`.
  (i32.store8 (i32.const 256) (i32.const 0))
  (i32.store8 (i32.const 260) (i32.ne (global.get $value) (i32.const 0)))
  (i32.store (i32.const 264) (i32.const 544))
  (i32.store (i32.const 268) (i32.const 2))
  (i32.store (i32.const 272) (global.get $value))
  (i32.store (i32.const 276) (global.get $value-length))
  (i32.const 256))
(func (export "restore") (param $version i32) (param $version-length i32) (param $data i32) (param $data-length i32) (result i32)
  (global.set $value (local.get $data))
  (global.set $value-length (local.get $data-length))
  (i32.store8 (i32.const 256) (i32.const 0))
  (i32.const 256))
