//go:build wasip1

// Package runtime is what the generated bindings need of Go's memory, in the place of go.bytecodealliance.org/pkg/wit/runtime.
//
// The host puts the arguments of an event, and what a call answers with, where [realloc] tells it to. No import may be called meanwhile;
// but Go's collector, which any allocation may start, asks for the time, which is an import. So that memory doesn't come from Go's heap:
// it is one buffer for one event at a time, and whoever keeps something of it makes a copy.
package runtime

import (
	"runtime"
	"runtime/debug"
	"unsafe"
)

// Larger than what an event, or a call's answer, brings by default: `data` 64 KiB, a context as much, 16 KiB of certificates.
var inbox [1 << 20]byte

var (
	used uintptr
	// What the inbox had no room for.
	large []unsafe.Pointer
	// Go's package initialization is over, so there is a heap.
	begun bool
	// What SetGCPercent was before the collector was switched off; meaningful if collectorOff.
	percent      int
	collectorOff bool
)

// By Go's default of 100 the collector begins at 4 MiB, and the memory of an instance, of which there may be many, never shrinks again.
const collectorPercent = 25

func init() {
	begun = true
	debug.SetGCPercent(collectorPercent)
	// For the arguments of `start`.
	CollectorOff()
}

// CollectorOff keeps Go's collector from starting, for when the host may bring more than the inbox holds: a state, the list of all sockets.
func CollectorOff() {
	if !collectorOff {
		percent, collectorOff = debug.SetGCPercent(-1), true
	}
}

// CollectorOn takes CollectorOff back.
func CollectorOn() {
	if collectorOff {
		debug.SetGCPercent(percent)
		collectorOff = false
	}
}

// Mark is for Rewind.
func Mark() uintptr {
	return used
}

// Rewind forgets what the host has brought since the Mark.
func Rewind(mark uintptr) {
	used = mark
}

// Reset forgets all that the host has brought: at the end of an event.
func Reset() {
	used = 0
	if large != nil {
		large = nil
	}
}

// Unpin does nothing: what the generated exports think is on Go's heap then is in the inbox.
func Unpin() {}

// Allocate makes memory that stays until the pinner lets it go.
func Allocate(pinner *runtime.Pinner, size, align uintptr) unsafe.Pointer {
	memory := allocate(size, align)
	if size > 0 {
		pinner.Pin(memory)
	}
	return memory
}

func allocate(size, align uintptr) unsafe.Pointer {
	if align > 8 {
		panic("the contract has nothing that needs more than 8 bytes' alignment")
	}
	return unsafe.Pointer(unsafe.SliceData(make([]uint64, max((size+7)/8, 1))))
}

// The host's allocator. The first to call it is the WASI adapter while Go's runtime begins, when there is neither a heap nor a stack that
// grows: 64 KiB for its stack and as much for its state, which it keeps.
//
//go:wasmexport cabi_realloc
//go:nosplit
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	if !begun {
		return reserve(uintptr(align), uintptr(size))
	}
	start := (uintptr(unsafe.Pointer(&inbox)) + used + uintptr(align) - 1) &^ (uintptr(align) - 1)
	end := start + uintptr(size) - uintptr(unsafe.Pointer(&inbox))
	if end > uintptr(len(inbox)) || oldSize > 0 {
		return reallocLarge(old, oldSize, align, size)
	}
	used = end
	return unsafe.Pointer(start)
}

var (
	adapters     [192 << 10]byte
	adaptersUsed uintptr
)

//go:nosplit
func reserve(align, size uintptr) unsafe.Pointer {
	start := (uintptr(unsafe.Pointer(&adapters)) + adaptersUsed + align - 1) &^ (align - 1)
	end := start + size - uintptr(unsafe.Pointer(&adapters))
	if end > uintptr(len(adapters)) {
		// Nothing can be thrown yet; at null the adapter traps.
		return nil
	}
	adaptersUsed = end
	return unsafe.Pointer(start)
}

func reallocLarge(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	memory := allocate(uintptr(size), uintptr(align))
	large = append(large, memory)
	copy(unsafe.Slice((*byte)(memory), size), unsafe.Slice((*byte)(old), min(oldSize, size)))
	return memory
}
