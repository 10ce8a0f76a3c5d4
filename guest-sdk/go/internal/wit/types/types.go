//go:build wasip1

// Package types is what the generated bindings need of WIT's types, in the place of go.bytecodealliance.org/pkg/wit/types.
package types

// Unit is the value of a result without one.
type Unit struct{}

// Tuple2 is a tuple of two.
type Tuple2[A, B any] struct {
	F0 A
	F1 B
}

// The cases of an Option.
const (
	OptionNone = iota
	OptionSome
)

// Option is a value or none.
type Option[T any] struct {
	some  bool
	value T
}

// Some is an Option with a value.
func Some[T any](value T) Option[T] {
	return Option[T]{true, value}
}

// None is an Option without a value.
func None[T any]() Option[T] {
	return Option[T]{}
}

// Tag tells the case.
func (o Option[T]) Tag() uint8 {
	if o.some {
		return OptionSome
	}
	return OptionNone
}

// Some is the value; for the case OptionSome.
func (o Option[T]) Some() T {
	return o.value
}

// The cases of a Result.
const (
	ResultOk = iota
	ResultErr
)

// Result is a value or an error.
type Result[T, E any] struct {
	failed bool
	value  T
	err    E
}

// Ok is a Result with a value.
func Ok[T, E any](value T) Result[T, E] {
	return Result[T, E]{value: value}
}

// Err is a Result with an error.
func Err[T, E any](err E) Result[T, E] {
	return Result[T, E]{failed: true, err: err}
}

// Tag tells the case.
func (r Result[T, E]) Tag() uint8 {
	if r.failed {
		return ResultErr
	}
	return ResultOk
}

// Ok is the value; for the case ResultOk.
func (r Result[T, E]) Ok() T {
	return r.value
}

// Err is the error; for the case ResultErr.
func (r Result[T, E]) Err() E {
	return r.err
}
