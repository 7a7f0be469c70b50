/// Where a tensor's elements live, as `torch.device`.
public struct Device: Sendable, Hashable {
  /// The kind of device.
  public enum Kind: String, Sendable, Hashable {
    case cpu, cuda, opencl
  }

  public let kind: Kind
  /// Which device of the kind; always 0 for the CPU.
  public let index: Int

  public init(_ kind: Kind, index: Int = 0) {
    self.kind = kind
    self.index = index
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

  public static var cpu: Device { Device(.cpu) }
  public static var cuda: Device { Device(.cuda) }
  public static var opencl: Device { Device(.opencl) }
  public static func cuda(_ index: Int) -> Device { Device(.cuda, index: index) }
  public static func opencl(_ index: Int) -> Device { Device(.opencl, index: index) }
}

extension Device: CustomStringConvertible {
  /// As PyTorch prints it: `cpu`, `cuda:0`.
  public var description: String { kind == .cpu ? "cpu" : "\(kind.rawValue):\(index)" }
}

extension Device: ExpressibleByStringLiteral {
  public init(stringLiteral text: String) { self.init(text) }
}
