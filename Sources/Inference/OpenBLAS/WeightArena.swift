// autointerp
// `WeightArena` allocates memory for weights in huge pages.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// Puts buffers that live as long as a model next to each other in large slabs.
///
/// A product with few rows reads every weight once. With pages of 4 KiB it waits for address translation. A slab
/// consists of huge pages if the system grants them, otherwise of ordinary memory.
final class WeightArena: Sendable {
  private struct Slab {
    let memory: MappedMemory
    var used = 0
  }

  /// The slab that still has room.
  private let open = Mutex<Slab?>(nil)

  /// The smallest slab, in bytes.
  private static let slabSize = 64 << 20
  /// Buffers start at multiples of this many bytes, a cache line.
  private static let alignment = 64

  /// Allocates `count` values with arbitrary contents.
  func makeBuffer(count: Int) -> FloatBuffer {
    let size = (count * MemoryLayout<Float>.stride + Self.alignment - 1) / Self.alignment * Self.alignment
    return open.withLock { open in
      if let slab = open, slab.memory.byteCount - slab.used >= size {
        open!.used += size
        return FloatBuffer(slab.memory, offset: slab.used, count: count)
      }
      let fresh = Slab(memory: MappedMemory(byteCount: max(size, Self.slabSize)), used: size)
      let room = { (slab: Slab) in slab.memory.byteCount - slab.used }
      if open.map({ room(fresh) > room($0) }) ?? true { open = fresh }
      return FloatBuffer(fresh.memory, offset: 0, count: count)
    }
  }
}

/// Memory from the system, initially zero, that asks for huge pages.
// @unchecked Sendable: immutable. The buffers decide who may access the bytes.
final class MappedMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  /// A multiple of `hugePage`.
  let byteCount: Int
  private let mapping: UnsafeMutableRawPointer

  static let hugePage = 2 << 20

  init(byteCount wanted: Int) {
    byteCount = (wanted + Self.hugePage - 1) / Self.hugePage * Self.hugePage
    let mapped = mmap(
      nil, byteCount + Self.hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped, mapped != MAP_FAILED else {
      preconditionFailure("the system has no \(byteCount) bytes of memory for weights")
    }
    mapping = mapped
    base = mapped.alignedUp(toMultipleOf: Self.hugePage)
    // Only advice: without huge pages the memory is ordinary.
    madvise(base, byteCount, MADV_HUGEPAGE)
  }

  deinit { munmap(mapping, byteCount + Self.hugePage) }
}

extension UnsafeMutableRawPointer {
  fileprivate func alignedUp(toMultipleOf alignment: Int) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: self) + UInt(alignment) - 1) & ~(UInt(alignment) - 1))!
  }
}
