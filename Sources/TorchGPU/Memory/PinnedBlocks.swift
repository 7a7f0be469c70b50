import Synchronization
import TorchBackend

/// Pinned memory of the processor: a device copies from and to it by itself, while the processor goes on. Freed blocks are kept;
/// one that a copy still uses is nobody else's before the copy is done.
final class PinnedBlocks: StorageAllocator {
  private struct State {
    var free: [Int: [UInt]] = [:]
    var uses = BlockUses<Int>()
  }

  private let device: any GPUDevice
  /// The kind of devices that the memory is pinned for.
  let kind: Device.Kind
  private let state = Mutex(State())

  init(_ device: any GPUDevice, _ kind: Device.Kind) {
    self.device = device
    self.kind = kind
  }

  /// Powers of two, a page at least.
  private static func blockSize(_ byteCount: Int) -> Int {
    byteCount <= 4096 ? 4096 : 1 << (Int.bitWidth - (byteCount - 1).leadingZeroBitCount)
  }

  func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let size = Self.blockSize(byteCount)
    let kept: UInt? = state.withLock { state in
      for (block, size) in state.uses.settled() { state.free[size, default: []].append(block) }
      return state.free[size]?.popLast()
    }
    if let kept { return UnsafeMutableRawPointer(bitPattern: kept)! }
    return done { () throws(GPUError) in try device.allocatePinned(byteCount: size) }
  }

  func deallocate(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    let size = Self.blockSize(byteCount)
    state.withLock { state in
      if !state.uses.takes(base, size) { state.free[size, default: []].append(UInt(bitPattern: base)) }
    }
  }

  /// Notes that a copy of a stream, queued by now, uses a block.
  func note(_ block: UnsafeMutableRawPointer, _ stream: GPUStream) {
    state.withLock { $0.uses.note(block, stream) }
  }

  /// Gives kept blocks back that no copy uses.
  func releaseCached() {
    let blocks = state.withLock { state in
      for (block, size) in state.uses.settled() { state.free[size, default: []].append(block) }
      defer { state.free = [:] }
      return state.free
    }
    for block in blocks.values.joined() { device.freePinned(UnsafeMutableRawPointer(bitPattern: block)!) }
  }
}
