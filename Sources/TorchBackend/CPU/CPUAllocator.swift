import CTorchRuntime
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the CPU allocator has done, as `torch.cuda.memory_stats` tells for a GPU.
public struct MemoryStats: Sendable {
  /// Bytes in use by live storages of the cached sizes.
  public var allocatedBytes = 0
  /// The highest `allocatedBytes` so far.
  public var peakAllocatedBytes = 0
  /// Bytes kept for reuse.
  public var cachedBytes = 0
  /// Requests served from kept blocks.
  public var hits = 0
  /// Requests that had to ask the system.
  public var misses = 0
}

/// Keeps freed blocks by size and hands them out again, so that a training step touches no fresh pages.
///
/// Small blocks go straight to malloc, whose per-thread cache is faster than any lock. The environment variable
/// `TORCH_ALLOCATOR=nocache` turns the cache off, for the address sanitizer.
package final class CPUAllocator: StorageAllocator {
  package static let shared = CPUAllocator()

  /// The size up to which malloc serves.
  private static let smallLimit = 4096
  /// Blocks are aligned for AVX-512 and cache lines.
  private static let alignment = 64
  /// Blocks from this size on ask the system for pages of two megabytes: fewer faults at first touch, fewer look-ups later.
  private static let hugeLimit = 4 << 20
  private static let hugePage = 2 << 20
  /// Smaller ones from this size on get all their pages at once, which takes half the time of a fault at each first touch.
  private static let populatedLimit = 128 << 10

  private struct State {
    var free: [Int: [UnsafeMutableRawPointer]] = [:]
    var stats = MemoryStats()
  }

  private let state = Mutex(State())
  private let caches: Bool

  private init() {
    caches = getenv("TORCH_ALLOCATOR").map { String(cString: $0) != "nocache" } ?? true
  }

  /// Rounds up so that blocks of similar sizes serve each other: eight steps per power of two.
  private static func blockSize(_ byteCount: Int) -> Int {
    let step = max(1 << (Int.bitWidth - byteCount.leadingZeroBitCount - 4), alignment)
    return (byteCount + step - 1) / step * step
  }

  package func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    if _slowPath(ct_profiler() != nil) { ProfilerThread.current?.addAllocation(byteCount) }
    if byteCount <= Self.smallLimit {
      if let block = malloc(max(byteCount, 1)) { return block }
      outOfMemory(byteCount)
    }
    let size = Self.blockSize(byteCount)
    let kept = state.withLock { state -> UInt in
      state.stats.allocatedBytes += size
      state.stats.peakAllocatedBytes = max(state.stats.peakAllocatedBytes, state.stats.allocatedBytes)
      if let block = state.free[size]?.popLast() {
        state.stats.hits += 1
        state.stats.cachedBytes -= size
        return UInt(bitPattern: block)
      }
      state.stats.misses += 1
      return 0
    }
    if let block = UnsafeMutableRawPointer(bitPattern: kept) { return block }
    if _slowPath(ct_profiler() != nil) { ProfilerThread.current?.addMiss() }
    if let block = systemBlock(size, used: byteCount) { return block }
    releaseCachedMemory()
    if let block = systemBlock(size, used: byteCount) { return block }
    outOfMemory(byteCount)
  }

  private func systemBlock(_ size: Int, used: Int) -> UnsafeMutableRawPointer? {
    var block: UnsafeMutableRawPointer?
    let isHuge = size >= Self.hugeLimit
    if posix_memalign(&block, isHuge ? Self.hugePage : Self.alignment, size) != 0 { return nil }
    #if os(Linux)
      if isHuge {
        madvise(block, size, MADV_HUGEPAGE)
      } else if used >= Self.populatedLimit {
        // MADV_POPULATE_WRITE, which systems before Linux 5.14 refuse: then pages come one by one.
        let first = UInt(bitPattern: block) / 4096 * 4096
        madvise(UnsafeMutableRawPointer(bitPattern: first), Int(UInt(bitPattern: block) - first) + used, 23)
      }
    #endif
    return block
  }

  private func outOfMemory(_ byteCount: Int) -> Never {
    fault("allocate", "the system has no \(byteCount) bytes left; use smaller batches or free tensors")
  }

  package func deallocate(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    if byteCount <= Self.smallLimit { return free(base) }
    let size = Self.blockSize(byteCount)
    let block = UInt(bitPattern: base)
    let keeps = caches
    state.withLock { state in
      state.stats.allocatedBytes -= size
      if keeps {
        state.free[size, default: []].append(UnsafeMutableRawPointer(bitPattern: block)!)
        state.stats.cachedBytes += size
      }
    }
    if !keeps { free(base) }
  }

  /// Gives all kept blocks back to the system.
  package func releaseCachedMemory() {
    state.withLock { state in
      for blocks in state.free.values { blocks.forEach { free($0) } }
      state.free = [:]
      state.stats.cachedBytes = 0
    }
  }

  package var stats: MemoryStats { state.withLock { $0.stats } }
}

/// What the CPU allocator has done so far.
public func memoryStats() -> MemoryStats { CPUAllocator.shared.stats }
