import Foundation
import Testing
import Torch

/// One-op programs over every dtype and stride pattern, held against what PyTorch answered.
///
/// Tools/goldens/programs.py wrote them; `PROGRAM_CASES` names another file, such as its random programs.
@Suite struct ProgramTests {
  @Test func programsAnswerAsInTorch() throws {
    let here = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/programs.json")
    let url = ProcessInfo.processInfo.environment["PROGRAM_CASES"].map { URL(filePath: $0) } ?? here
    let programs = try JSONDecoder().decode([Program].self, from: Data(contentsOf: url))
    #expect(programs.count >= 500)
    for program in programs {
      for difference in program.differences() { Issue.record("\(program.title): \(difference)") }
    }
  }
}

private struct Program: Decodable {
  /// A tensor by the bytes of its storage and how it lies in them.
  struct Input: Decodable {
    var d: String, s: [Int], t: [Int], o: Int, b: String, g: Bool?

    func make() -> Tensor {
      let dtype = DType(name: d)!, bytes = Program.bytes(b)
      let memory = Tensor.empty([bytes.count / dtype.itemSize], dtype: dtype)
      memory.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
      let leaf = memory.asStrided(size: s, stride: t, storageOffset: o).detach()
      leaf.requiresGrad = g ?? false
      return leaf
    }
  }
  /// A result: values row-major, strides, whether it shares the first input's memory, the name of its node.
  struct Output: Decodable {
    var d: String, s: [Int], t: [Int], b: String, v: Bool, n: String
  }

  var op: String, x: [Input], a: [Argument], out: [Output], grads: [String?]

  var title: String { "\(op) \(a) of \(x.map { "\($0.d) \($0.s) \($0.t)" })" }

  func differences() -> [String] {
    let inputs = x.map { $0.make() }
    let results = Self.run(op, inputs, a)
    var found: [String] = []
    for (result, wanted) in zip(results, out) {
      if result.dtype.name != wanted.d || result.shape != wanted.s {
        return ["\(result.dtype.name) \(result.shape.brackets), torch has \(wanted.d) \(wanted.s)"]
      }
      if let text = Self.compare(result, wanted.b) { found.append(text) }
      if result.numel() > 0 {
        if result.stride() != wanted.t { found.append("strides \(result.stride()), torch has \(wanted.t)") }
        if (result.storage === inputs[0].storage) != wanted.v { found.append("torch shares memory: \(wanted.v)") }
      }
      let node = result.gradFn?.name ?? ""
      if node != wanted.n { found.append("node \(node), torch has \(wanted.n)") }
    }
    guard let root = results.first, root.requiresGrad, !grads.isEmpty else { return found }
    let seed = (Tensor.arange(root.numel(), dtype: .float64) % 7 + 1).reshape(root.shape).to(root.dtype)
    root.backward(gradient: seed)
    for (i, wanted) in grads.enumerated() {
      let grad = inputs[i].isLeaf ? inputs[i].grad : nil
      if (grad == nil) != (wanted == nil) { found.append("gradient \(i): torch has \(wanted == nil ? "none" : "one")") }
      if let grad, let wanted, let text = Self.compare(grad, wanted) { found.append("gradient \(i): " + text) }
    }
    return found
  }

  /// What differs in the values, to a few roundings of the dtype.
  private static func compare(_ tensor: Tensor, _ hex: String) -> String? {
    let wanted = Tensor.empty(tensor.shape, dtype: tensor.dtype)
    wanted.withUnsafeMutableBytes { $0.copyBytes(from: bytes(hex)) }
    let tolerance: Double =
      switch tensor.dtype {
      case .float64: 1e-12
      case .float32: 4e-6
      case .float16: 4e-3
      case .bfloat16: 3e-2
      default: 0
      }
    let a: [Double] = tensor.array(), b: [Double] = wanted.array()
    for (a, b) in zip(a, b) where !(a == b || (a.isNaN && b.isNaN)) {
      if !(abs(a - b) <= tolerance * max(1, abs(b))) { return "\(a), torch has \(b)" }
    }
    return nil
  }

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { $0 < 58 ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

/// An argument of a program: `"f:2.5"` is a floating point number, other words are dtypes and kinds of index.
private indirect enum Argument: Decodable {
  case none, bool(Bool), int(Int), double(Double), word(String), list([Argument])

  init(from decoder: any Decoder) throws {
    if var list = try? decoder.unkeyedContainer() {
      var items: [Argument] = []
      while !list.isAtEnd { items.append(try list.decode(Argument.self)) }
      self = .list(items)
      return
    }
    let box = try decoder.singleValueContainer()
    if box.decodeNil() {
      self = .none
    } else if let value = try? box.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? box.decode(Int.self) {
      self = .int(value)
    } else {
      let text = try box.decode(String.self)
      self = text.hasPrefix("f:") ? .double(Double(text.dropFirst(2))!) : .word(text)
    }
  }

  var int: Int? { if case .int(let x) = self { x } else { nil } }
  var bool: Bool { if case .bool(let x) = self { x } else { false } }
  var word: String { if case .word(let x) = self { x } else { "" } }
  var list: [Argument] { if case .list(let x) = self { x } else { [] } }
  var ints: [Int] { list.compactMap(\.int) }

  var number: Tensor {
    switch self {
    case .int(let x): .number(x)
    case .double(let x): .number(x)
    default: .number(bool)
    }
  }

  func entry(_ x: [Tensor]) -> any TensorIndexable {
    let parts = list
    switch parts[0].word {
    case "i": return parts[1].int!
    case "s": return TensorIndex.slice(parts[1].int, parts[2].int, parts[3].int!)
    case "range": return parts[1].int!..<parts[2].int!
    case "from": return parts[1].int!...
    case "upto": return ..<parts[1].int!
    case "l": return parts[1].ints
    case "b": return parts[1].bool
    case "n": return TensorIndex.newAxisEntry
    case "e": return TensorIndex.ellipsisEntry
    default: return x[parts[1].int!]
    }
  }
}

extension Tensor {
  fileprivate subscript(list entries: [any TensorIndexable]) -> Tensor {
    get {
      switch entries.count {
      case 1: self[entries[0]]
      case 2: self[entries[0], entries[1]]
      case 3: self[entries[0], entries[1], entries[2]]
      default: self[entries[0], entries[1], entries[2], entries[3]]
      }
    }
    set {
      switch entries.count {
      case 1: self[entries[0]] = newValue
      case 2: self[entries[0], entries[1]] = newValue
      case 3: self[entries[0], entries[1], entries[2]] = newValue
      default: self[entries[0], entries[1], entries[2], entries[3]] = newValue
      }
    }
  }
}

extension Program {
  fileprivate static func run(_ op: String, _ x: [Tensor], _ a: [Argument]) -> [Tensor] {
    if let result = two(op, x) ?? one(op, x[0]) { return [result] }
    let first = a.first ?? .none, flag = a.count > 1 && a[1].bool
    switch op {
    case "sum": return [x[0].sum(dim: first.ints, keepdim: flag)]
    case "mean": return [x[0].mean(dim: first.ints, keepdim: flag)]
    case "std": return [x[0].std(dim: first.ints, keepdim: flag)]
    case "amax": return [x[0].amax(dim: first.ints, keepdim: flag)]
    case "max":
      let (values, indices) = x[0].max(dim: first.int!, keepdim: flag)
      return [values, indices]
    case "argmin": return [x[0].argmin(dim: first.int!, keepdim: flag)]
    case "prod": return [x[0].prod(dim: first.int!, keepdim: flag)]
    case "cumsum": return [x[0].cumsum(dim: first.int!)]
    case "cat": return [Tensor.cat(x, dim: first.int!)]
    case "stack": return [Tensor.stack(x, dim: first.int!)]
    case "reshape": return [x[0].reshape(first.ints)]
    case "permute": return [x[0].permute(first.ints)]
    case "expand": return [x[0].expand(first.ints)]
    case "repeat": return [x[0].repeat(first.ints)]
    case "flip": return [x[0].flip(dims: first.ints)]
    case "to": return [x[0].to(DType(name: first.word)!)]
    case "index": return [x[0][list: a.map { $0.entry(x) }]]
    case "put":
      let target = x[0].clone()
      target[list: a.map { $0.entry(x) }] = x[1]
      return [target]
    case "putnumber":
      let target = x[0].clone()
      target[list: a.dropFirst().map { $0.entry(x) }] = first.number
      return [target]
    default:
      Issue.record("no op \(op)")
      return []
    }
  }

  private static func two(_ op: String, _ x: [Tensor]) -> Tensor? {
    switch op {
    case "add": x[0] + x[1]
    case "sub": x[0] - x[1]
    case "mul": x[0] * x[1]
    case "div": x[0] / x[1]
    case "rem": x[0] % x[1]
    case "pow": x[0] ** x[1]
    case "floordiv": x[0].floorDivide(x[1])
    case "eq": x[0] .== x[1]
    case "lt": x[0] .< x[1]
    case "ge": x[0] .>= x[1]
    case "maximum": x[0].maximum(x[1])
    case "minimum": x[0].minimum(x[1])
    case "matmul": x[0].matmul(x[1])
    default: nil
    }
  }

  private static func one(_ op: String, _ x: Tensor) -> Tensor? {
    switch op {
    case "neg": -x
    case "abs": x.abs()
    case "sign": x.sign()
    case "square": x.square()
    case "sqrt": x.sqrt()
    case "rsqrt": x.rsqrt()
    case "reciprocal": x.reciprocal()
    case "exp": x.exp()
    case "log": x.log()
    case "log1p": x.log1p()
    case "sin": x.sin()
    case "cos": x.cos()
    case "tanh": x.tanh()
    case "sigmoid": x.sigmoid()
    case "relu": x.relu()
    case "floor": x.floor()
    case "ceil": x.ceil()
    case "round": x.round()
    case "trunc": x.trunc()
    case "clone": x.clone()
    case "contiguous": x.contiguous()
    case "t": x.t()
    case "squeeze": x.squeeze()
    case "nonzero": x.nonzero()
    default: nil
    }
  }
}
