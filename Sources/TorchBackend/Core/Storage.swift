import Synchronization

/// A block of memory on a device that tensors and their views share, as `torch.UntypedStorage`.
///
/// `@unchecked Sendable`: the address, size and device never change after init, the version is atomic, and the bytes
/// are governed by the tensor's contract: read from anywhere, written from one place at a time.
public final class Storage: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  public let byteCount: Int
  public let device: Device
  /// How often an in-place op wrote here: what tensors saved for backward compare.
  private let version = Atomic<UInt32>(0)
  private let release: Release

  package enum Release {
    /// Back to the allocator it came from.
    case allocator(any StorageAllocator)
    /// The owner's own way.
    case owner(() -> Void)
  }

  package init(base: UnsafeMutableRawPointer, byteCount: Int, device: Device, release: Release) {
    self.base = base
    self.byteCount = byteCount
    self.device = device
    self.release = release
  }

  deinit {
    switch release {
    case .allocator(let allocator): allocator.deallocate(base, byteCount: byteCount)
    case .owner(let action): action()
    }
  }

  @inline(__always)
  package var currentVersion: UInt32 { version.load(ordering: .relaxed) }

  @inline(__always)
  package func bumpVersion() { version.wrappingAdd(1, ordering: .relaxed) }

  /// A fresh block of CPU memory with undefined content.
  @inline(__always)
  package static func cpu(byteCount: Int) -> Storage {
    let allocator = CPUAllocator.shared
    return Storage(
      base: allocator.allocate(byteCount: byteCount), byteCount: byteCount, device: .cpu, release: .allocator(allocator)
    )
  }
}

/// A source of memory on one device.
package protocol StorageAllocator: AnyObject, Sendable {
  func allocate(byteCount: Int) -> UnsafeMutableRawPointer
  func deallocate(_ base: UnsafeMutableRawPointer, byteCount: Int)
}
