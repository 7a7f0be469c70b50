import Synchronization

/// A block of memory on a device that tensors and their views share, as `torch.UntypedStorage`.
///
/// `@unchecked Sendable`: the address, size and device never change after init, the version is atomic, and the bytes
/// are governed by the tensor's contract: read from anywhere, written from one place at a time.
public final class Storage: @unchecked Sendable {
  @usableFromInline package let base: UnsafeMutableRawPointer
  public let byteCount: Int
  public let device: Device
  @usableFromInline package let isOnCPU: Bool
  /// How often an in-place op wrote here: what tensors saved for backward compare.
  @usableFromInline let version = Atomic<UInt32>(0)
  /// How often a tensor with a version counter of its own wrote here, as `.data` has one.
  @usableFromInline let writesBeside = Atomic<UInt32>(0)
  private let release: Release
  /// What was computed from the bytes and is kept with them.
  let derivedContent = Mutex<[DerivedKey: DerivedEntry]?>(nil)

  package enum Release {
    /// To the CPU's allocator.
    case cpu
    /// Back to the allocator it came from.
    case allocator(any StorageAllocator)
    /// The owner's own way.
    case owner(() -> Void)
  }

  package init(base: UnsafeMutableRawPointer, byteCount: Int, device: Device, release: Release) {
    self.base = base
    self.byteCount = byteCount
    self.device = device
    isOnCPU = device.kind == .cpu
    self.release = release
  }

  deinit {
    switch release {
    case .cpu: CPUAllocator.shared.deallocate(base, byteCount: byteCount)
    case .allocator(let allocator): allocator.deallocate(base, byteCount: byteCount)
    case .owner(let action): action()
    }
  }

  /// Where the memory came from and goes back to; nil where it is the CPU allocator or somebody else.
  package var allocator: (any StorageAllocator)? {
    if case .allocator(let allocator) = release { return allocator }
    return nil
  }

  @inlinable @inline(__always)
  package var currentVersion: UInt32 { version.load(ordering: .relaxed) }

  @inlinable @inline(__always)
  package func bumpVersion() { version.wrappingAdd(1, ordering: .relaxed) }

  /// Says that bytes were written by a tensor whose writes the version does not count.
  @inlinable @inline(__always)
  package func noteWriteBeside() { writesBeside.wrappingAdd(1, ordering: .relaxed) }

  /// Changes with every write, whoever counts it.
  var contentMark: UInt64 { UInt64(currentVersion) << 32 | UInt64(writesBeside.load(ordering: .relaxed)) }

  /// Whether all who write here say so: not where the memory is somebody else's.
  var knowsItsWrites: Bool {
    if case .owner = release { return false }
    return true
  }

  /// A fresh block of CPU memory with undefined content.
  package static func cpu(byteCount: Int) -> Storage {
    Storage(
      base: CPUAllocator.shared.allocate(byteCount: byteCount), byteCount: byteCount, device: .cpu, release: .cpu)
  }
}

/// A source of memory on one device.
package protocol StorageAllocator: AnyObject, Sendable {
  func allocate(byteCount: Int) -> UnsafeMutableRawPointer
  func deallocate(_ base: UnsafeMutableRawPointer, byteCount: Int)
}
