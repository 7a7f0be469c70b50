import Synchronization
import TorchBackend

/// How much memory of a device is in use, as `torch.cuda.memory_allocated` and its like tell.
public struct GPUMemoryStats: Sendable {
  /// Bytes in use by live tensors.
  public var allocatedBytes = 0
  /// The highest `allocatedBytes` so far.
  public var peakAllocatedBytes = 0
  /// Bytes held from the device, in use or kept for reuse.
  public var reservedBytes = 0
  /// The highest `reservedBytes` so far.
  public var peakReservedBytes = 0
  /// Requests served from kept blocks, and those that had to ask the device.
  public var hits = 0, misses = 0

  package init() {}
}

/// Keeps a device's freed blocks by size and stream and hands them out again to work of the same stream: what still uses a block is
/// done before whatever uses it next. A block that other streams use, as `recordStream` says, waits until they are done.
final class GPUAllocator: StorageAllocator {
  /// Where a kept block belongs: its size, and the number of its stream.
  fileprivate struct Place: Hashable {
    let size: Int, stream: Int
  }

  fileprivate struct State {
    var free: [Place: [UInt]] = [:]
    /// The streams of blocks in use; those of the default stream are not named.
    var streams: [UInt: Int] = [:]
    var uses = BlockUses<Place>()
    var stats = GPUMemoryStats()
  }

  private let device: any GPUDevice
  private let name: Device
  private let state = Mutex(State())

  init(_ device: any GPUDevice, name: Device) {
    self.device = device
    self.name = name
  }

  var stats: GPUMemoryStats { state.withLock { $0.stats } }

  func resetPeaks() {
    state.withLock {
      $0.stats.peakAllocatedBytes = $0.stats.allocatedBytes
      $0.stats.peakReservedBytes = $0.stats.reservedBytes
    }
  }

  /// Rounds up so that blocks of similar sizes serve each other: 512 bytes at least, eight steps per power of two.
  private static func blockSize(_ byteCount: Int) -> Int {
    let step = max(1 << max(Int.bitWidth - byteCount.leadingZeroBitCount - 4, 0), 512)
    return (max(byteCount, 1) + step - 1) / step * step
  }

  func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let size = Self.blockSize(byteCount), stream = StreamScope.current(of: name)?.number ?? 0
    let kept: UInt? = state.withLock { state in
      for (block, place) in state.uses.settled() { state.free[place, default: []].append(block) }
      guard let block = state.free[Place(size: size, stream: stream)]?.popLast() else { return nil }
      state.stats.hits += 1
      state.use(size, block, stream)
      return block
    }
    if let kept { return UnsafeMutableRawPointer(bitPattern: kept)! }
    let block = ask(size, for: byteCount)
    state.withLock { state in
      state.stats.misses += 1
      state.stats.reservedBytes += size
      state.stats.peakReservedBytes = max(state.stats.peakReservedBytes, state.stats.reservedBytes)
      state.use(size, UInt(bitPattern: block), stream)
    }
    return block
  }

  /// A new block; where there is no room, what is kept is given back first.
  private func ask(_ size: Int, for byteCount: Int) -> UnsafeMutableRawPointer {
    if size <= device.facts.largestBlockBytes {
      for isLastTry in [false, true] {
        do {
          // A device may promise more than it has: what is held counts.
          if stats.reservedBytes + size <= device.facts.totalBytes { return try device.allocate(byteCount: size) }
        } catch {
          if error.kind != .outOfMemory { fault("allocate", error.description) }
        }
        if !isLastTry { releaseCached() }
      }
    }
    let now = stats
    fault(
      "allocate",
      "out of memory on \(name) (\(device.facts.name)): \(memoryText(byteCount)) more were asked for, blocks may have "
        + "\(memoryText(device.facts.largestBlockBytes)), of \(memoryText(device.facts.totalBytes)) "
        + "\(memoryText(now.allocatedBytes)) are in use; take a smaller batch or free tensors")
  }

  func deallocate(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    let size = Self.blockSize(byteCount), block = UInt(bitPattern: base)
    state.withLock { state in
      let stream = state.streams.isEmpty ? 0 : state.streams.removeValue(forKey: block) ?? 0
      let place = Place(size: size, stream: stream)
      if !state.uses.takes(base, place) { state.free[place, default: []].append(block) }
      state.stats.allocatedBytes -= size
    }
  }

  /// Notes that work of a stream, queued by now, uses a block.
  func note(_ block: UnsafeMutableRawPointer, _ stream: GPUStream) {
    state.withLock { state in
      if state.streams[UInt(bitPattern: block)] ?? 0 != stream.number { state.uses.note(block, stream) }
    }
  }

  /// Gives kept blocks back to the device, once its work is done.
  func releaseCached() {
    let blocks = state.withLock { state in
      let waiting = state.uses.takeAll()
      let kept = state.free.flatMap { place, blocks in blocks.map { (block: $0, place: place) } }
      state.free = [:]
      state.stats.reservedBytes -= (kept + waiting).reduce(0) { $0 + $1.place.size }
      return (kept + waiting).map(\.block)
    }
    if blocks.isEmpty { return }
    try? device.synchronize()
    for block in blocks { device.free(UnsafeMutableRawPointer(bitPattern: block)!) }
  }
}

extension GPUAllocator.State {
  fileprivate mutating func use(_ size: Int, _ block: UInt, _ stream: Int) {
    if stream != 0 { streams[block] = stream }
    stats.allocatedBytes += size
    stats.peakAllocatedBytes = max(stats.peakAllocatedBytes, stats.allocatedBytes)
  }
}

/// Bytes as a reader likes them: `1.50 GiB`.
func memoryText(_ byteCount: Int) -> String {
  var value = Double(byteCount), unit = "bytes"
  for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
    value /= 1024
    unit = next
  }
  if unit == "bytes" { return "\(byteCount) bytes" }
  let hundredths = Int((value * 100).rounded())
  let rest = hundredths % 100
  return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) \(unit)"
}
