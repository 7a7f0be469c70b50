import Torch
import TorchNN
import TorchOptim

/// A value as a case file gives it: what Python would have been given.
enum Value {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case list([Value])
  case tuple([Value])
  case dict([(key: String, value: Value)])
  case tensor(Tensor)
  case dtype(DType)
  case memoryFormat(MemoryFormat)
  case device(Device)
  case slice(Int?, Int?, Int?)
  case ellipsis
  case module(Module)
  case scheduler(LRScheduler)
  case epochFunction((Int) -> Double)
  /// What no Swift type stands for yet, with a word for it: a layout, a function, an int beyond 64 bits.
  case other(String)

  /// The entries of a list or tuple.
  var entries: [Value]? {
    switch self {
    case .list(let values), .tuple(let values): values
    default: nil
    }
  }

  var isNone: Bool { if case .none = self { true } else { false } }

  /// What a message shows of it.
  var description: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .string(let value): "'\(value)'"
    case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    case .tuple(let values): "(\(values.map(\.description).joined(separator: ", ")))"
    case .dict(let entries): "{\(entries.map { "\($0.key): \($0.value.description)" }.joined(separator: ", "))}"
    case .tensor(let tensor): "Tensor(\(tensor.shape.brackets) \(tensor.dtype.name))"
    case .dtype(let dtype): dtype.name
    case .memoryFormat(let format): "\(format)"
    case .device(let device): "\(device)"
    case .slice: "slice"
    case .ellipsis: "..."
    case .module(let module): module.typeName
    case .scheduler(let scheduler): "\(type(of: scheduler))"
    case .epochFunction: "a function of the epoch"
    case .other(let word): word
    }
  }
}

/// Makes values of JSON. Within one reader a key is one tensor object; another reader makes fresh ones.
final class ValueReader {
  /// The file's tensors, never handed out themselves: ops may write in place.
  private let source: StateDict
  private let device: Device
  /// Whether all floating point is to be float64, and every tensor row-major.
  private let inFloat64: Bool
  /// Builds a module that is given as an argument.
  private let modules: ModuleMaker?
  /// The tensors that were made, by key.
  private(set) var made: [String: Tensor] = [:]

  typealias ModuleMaker = (_ name: String, [Value], [(key: String, value: Value)]) throws(CaseError) -> Module

  init(_ source: StateDict, device: Device, inFloat64: Bool = false, modules: ModuleMaker? = nil) {
    self.source = source
    self.device = device
    self.inFloat64 = inFloat64
    self.modules = modules
  }

  func value(_ json: JSON) throws(CaseError) -> Value {
    switch json {
    case .null: return .none
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .double(let value): throw CaseError("a bare number \(value) with a fraction")
    case .string(let value): return .string(value)
    case .array(let values): return .list(try self.values(values))
    case .object(let entries): return try tagged(entries)
    }
  }

  func values(_ json: [JSON]) throws(CaseError) -> [Value] {
    var result: [Value] = []
    for entry in json { result.append(try value(entry)) }
    return result
  }

  func named(_ json: JSON?) throws(CaseError) -> [(key: String, value: Value)] {
    guard let json else { return [] }
    var result: [(key: String, value: Value)] = []
    for (key, entry) in try json.entries() { result.append((key, try value(entry))) }
    return result
  }

  private func tagged(_ entries: [(key: String, value: JSON)]) throws(CaseError) -> Value {
    if entries.contains(where: { $0.key == "tensor" }) { return .tensor(try tensor(.object(entries))) }
    guard entries.count == 1 else { throw CaseError("a value of \(entries.count) tags") }
    let (tag, content) = entries[0]
    switch (tag, content) {
    case ("float", .double(let value)): return .float(value)
    case ("float", .int(let value)): return .float(Double(value))
    case ("float", .string(let text)):
      guard let value = Double(text) else { throw CaseError("no float: \(text)") }
      return .float(value)
    case ("int", .string(let text)):
      if let value = Int(text) { return .int(value) }
      return .other("the integer \(text)")
    case ("tuple", .array(let values)): return .tuple(try self.values(values))
    case ("dict", .object): return .dict(try named(content))
    case ("dtype", .string(let name)):
      guard let dtype = DType(name: name) else { return .other("dtype \(name)") }
      return .dtype(inFloat64 && dtype.isFloatingPoint ? .float64 : dtype)
    case ("device", .string(let name)): return .device(name == "cpu" ? device : Device(name))
    case ("memory_format", .string(let name)):
      guard let format = MemoryFormat(torchName: name) else { throw CaseError("no memory format: \(name)") }
      return .memoryFormat(format)
    case ("slice", .array(let bounds)) where bounds.count == 3:
      return .slice(bounds[0].intValue, bounds[1].intValue, bounds[2].intValue)
    case ("ellipsis", _): return .ellipsis
    case ("complex", _): return .other("a complex number")
    case ("layout", .string(let name)): return .other("layout \(name)")
    case ("function", .string(let name)): return .other("function \(name)")
    case ("module", .object):
      guard let modules else { return .other("a module") }
      let name = try content.require("name").string()
      return .module(try modules(name, values(content.require("args").array()), named(content["kwargs"])))
    default: throw CaseError("unknown value tag \(tag)")
    }
  }

  /// The tensor of a key, with the strides and the wish for gradients that stand beside it.
  func tensor(_ json: JSON) throws(CaseError) -> Tensor {
    guard let key = json["tensor"]?.stringValue else { throw CaseError("no tensor key") }
    if let tensor = made[key] { return tensor }
    guard let content = source[key] else { throw CaseError("no tensor \(key) in the file") }
    var tensor = content.clone()
    if inFloat64 {
      if content.dtype.isFloatingPoint { tensor = tensor.to(.float64) }
    } else if let strides = json["strides"]?.intArray {
      tensor = try strided(content, strides, offset: json["offset"]?.intValue ?? 0)
    }
    if device != .cpu { tensor = tensor.to(device) }
    if json["requires_grad"] == .bool(true) { tensor.requiresGrad = true }
    made[key] = tensor
    return tensor
  }

  /// The content laid out with steps of its own in a buffer just large enough.
  private func strided(_ content: Tensor, _ strides: [Int], offset: Int) throws(CaseError) -> Tensor {
    let sizes = Array(content.shape)
    guard sizes.count == strides.count else { throw CaseError("strides \(strides) for shape \(sizes)") }
    var extent = offset
    if content.numel() > 0 { extent += 1 + zip(sizes, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 } }
    let buffer = Tensor.zeros([extent], dtype: content.dtype)
    /// As it is to lie on the device, which a copy of the view would not.
    func view() -> Tensor {
      (device == .cpu ? buffer : buffer.to(device)).asStrided(size: sizes, stride: strides, storageOffset: offset)
    }
    guard content.numel() > 0 else { return view() }
    let itemSize = content.elementSize()
    content.withUnsafeBytes { source in
      buffer.withUnsafeMutableBytes { target in
        var position = [Int](repeating: 0, count: sizes.count)
        for element in 0..<content.numel() {
          let place = offset + zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 }
          for byte in 0..<itemSize { target[place * itemSize + byte] = source[element * itemSize + byte] }
          var dim = sizes.count - 1
          while dim >= 0 {
            position[dim] += 1
            if position[dim] < sizes[dim] { break }
            position[dim] = 0
            dim -= 1
          }
        }
      }
    }
    return view()
  }
}

extension MemoryFormat {
  /// The format of PyTorch's name.
  init?(torchName name: String) {
    switch name {
    case "contiguous_format": self = .contiguousFormat
    case "preserve_format": self = .preserveFormat
    case "channels_last": self = .channelsLast
    case "channels_last_3d": self = .channelsLast3d
    default: return nil
    }
  }
}
