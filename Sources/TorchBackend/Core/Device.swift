import CTorchRuntime

/// Where a tensor's elements live, as `torch.device`.
public struct Device: Sendable, Hashable {
  /// The kind of device.
  public enum Kind: String, Sendable, Hashable {
    case cpu, cuda, opencl
  }

  public let kind: Kind
  /// Which device of the kind; always 0 for the CPU.
  public let index: Int

  /// - Parameter index: which device of the kind; by default the calling thread's current one, as `CUDA.setDevice` says it.
  public init(_ kind: Kind, index: Int? = nil) {
    self.kind = kind
    self.index = index ?? Device.currentIndex(kind)
  }

  /// A device by PyTorch's text, `"cpu"`, `"cuda"` or `"cuda:1"`.
  ///
  /// - Precondition: the text names a known kind and, behind a colon, a number from 0 up.
  public init(_ text: String) {
    guard let device = Device(parsing: text) else {
      fault("device", "'\(text)' is no device; write cpu, cuda, cuda:N or opencl:N")
    }
    self = device
  }

  /// A device by its text, or nil where the text names none.
  public init?(parsing text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let first = parts.first, let kind = Kind(rawValue: String(first)), parts.count <= 2 else { return nil }
    if parts.count == 1 {
      self.init(kind)
    } else {
      guard let index = Int(parts[1]), index >= 0, parts[1].allSatisfy(\.isNumber), kind != .cpu || index == 0 else {
        return nil
      }
      self.init(kind, index: index)
    }
  }

  public static var cpu: Device { Device(.cpu, index: 0) }
  /// The calling thread's current CUDA device.
  public static var cuda: Device { Device(.cuda) }
  /// The calling thread's current OpenCL device.
  public static var opencl: Device { Device(.opencl) }
  public static func cuda(_ index: Int) -> Device { Device(.cuda, index: index) }
  public static func opencl(_ index: Int) -> Device { Device(.opencl, index: index) }
}

extension Device {
  /// Which device of a kind the calling thread means where it names none.
  package static func currentIndex(_ kind: Kind) -> Int {
    switch kind {
    case .cpu: 0
    case .cuda: Int(ct_current_device(0))
    case .opencl: Int(ct_current_device(1))
    }
  }

  package static func setCurrentIndex(_ kind: Kind, _ index: Int) {
    if kind != .cpu { ct_set_current_device(kind == .cuda ? 0 : 1, Int32(index)) }
  }
}

extension Device: CustomStringConvertible {
  /// As PyTorch prints it: `cpu`, `cuda:0`.
  public var description: String { kind == .cpu ? "cpu" : "\(kind.rawValue):\(index)" }
}

extension Device: ExpressibleByStringLiteral {
  public init(stringLiteral text: String) { self.init(text) }
}
