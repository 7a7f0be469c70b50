import Torch

/// What became of a case.
package enum Verdict: Equatable, Sendable {
  case passed
  case failed(String)
  /// No binding takes it, and what is missing.
  case unsupported(String)
}

/// Something that a case needs and the package lacks.
struct Unsupported: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Runs cases of ops: every form of the op that the table lists and that takes the case's arguments.
struct OpRunner {
  let bindings: Bindings
  let device: Device

  /// The seed that was set right before a recorded call.
  static let recordedSeed = 1

  func run(_ file: CaseFile, _ test: JSON) throws -> Verdict {
    let document = file.document
    let call = try document.require("call")
    let target = Self.bare(try call.require("target").string())
    let reader = ValueReader(file.tensors, device: device)
    let arguments = try reader.values(test.require("args").array())
    let named = try reader.named(test["kwargs"])

    guard bindings.ops[target] != nil else { throw Unsupported("no binding of \(target)") }
    var names = [target]
    if let method = document["method"]?.stringValue { names.append(method) }
    for alias in try document["aliases"]?.array() ?? [] { names.append(try alias.string()) }
    let dtype = test["dtype"]?.stringValue ?? ""
    var forms: [(spelling: String, row: BoundRow<Bindings.OpRun>)] = []
    for name in names {
      for row in bindings.ops[name] ?? [] where row.match(arguments, named) != nil && Self.offers(row.dtypes, dtype) {
        if !forms.contains(where: { $0.spelling == row.spelling }) { forms.append((row.spelling, row)) }
      }
    }
    guard !forms.isEmpty else {
      throw Unsupported("no form of \(target) takes \(Self.describe(arguments, named))")
    }
    for (spelling, row) in forms { try check(row, spelling, file, test) }
    try checkInPlace(file, test)

    if let row = forms.map(\.row).first(where: { !Self.lists($0.dtypes, dtype) }) {
      return .failed("works for \(dtype), which the table's \(row.torchName) does not list: \(row.dtypes)")
    }
    return .passed
  }

  /// `torch.nn.functional.relu` is `nn.functional.relu` in the table.
  static func bare(_ target: String) -> String {
    target.hasPrefix("torch.") ? String(target.dropFirst(6)) : target
  }

  private static func describe(_ arguments: [Value], _ named: [(key: String, value: Value)]) -> String {
    let parts = arguments.map(kind) + named.map { "\($0.key): \(kind($0.value))" }
    return "(\(parts.joined(separator: ", ")))"
  }

  /// The kind of a value, so that equal wants make one line of a report.
  private static func kind(_ value: Value) -> String {
    switch value {
    case .tensor: "tensor"
    case .int: "int"
    case .float: "float"
    case .bool: "bool"
    case .list(let values), .tuple(let values): "[\(values.first.map(kind) ?? "")]"
    case .dtype: "dtype"
    case .memoryFormat: "memory format"
    default: value.description
    }
  }

  /// Whether a row speaks of a dtype at all; one marked `nohalf` is another computation than PyTorch's in half types.
  private static func offers(_ dtypes: String, _ name: String) -> Bool {
    dtypes != "nohalf" || name != "float16" && name != "bfloat16"
  }

  /// Whether a class of dtypes in the table holds a dtype.
  private static func lists(_ dtypes: String, _ name: String) -> Bool {
    guard let dtype = DType(name: name) else { return true }
    return switch dtypes {
    case "floats": dtype.isFloatingPoint
    case "numbers": dtype != .bool
    case "integers": dtype.isInteger
    case "integral": dtype.isInteger || dtype == .bool
    case "nointegers": !dtype.isInteger
    case "bool": dtype == .bool
    default: true
    }
  }

  private func check(
    _ row: BoundRow<Bindings.OpRun>, _ spelling: String, _ file: CaseFile, _ test: JSON
  ) throws {
    let reader = ValueReader(file.tensors, device: device)
    let arguments = try reader.values(test.require("args").array())
    let named = try reader.named(test["kwargs"])
    guard let match = row.match(arguments, named) else { return }
    Stage.now(spelling)
    manualSeed(Self.recordedSeed)
    let outputs = try PostStep.apply(test["post"]?.stringValue, match.run(match.arguments))

    let wanted = ValueReader(file.tensors, device: device)
    var comparison = Comparison(tolerance: try Tolerance(test["tol"]))
    comparison.isMeta = test["check"]?.stringValue == "meta"
    comparison.positions = Set(file.document["index_outputs"]?.intArray ?? [])
    let input: Tensor? = if case .tensor(let tensor)? = arguments.first { tensor } else { nil }
    try comparison.check(
      "\(spelling): output", outputs, wanted.values(test.require("outputs").array()), positionsInto: input)

    guard let grads = try test["grads"]?.entries() else { return }
    Stage.now("\(spelling), gradient")
    let leaves = try grads.map { key, _ in
      guard let leaf = reader.made[key] else { throw CaseError("a gradient of \(key), which is no input") }
      return leaf
    }
    try Gradients.check(
      "\(spelling): gradient of", outputs, test, wanted, names: grads.map(\.key), leaves: leaves,
      wants: grads.map(\.value))
  }

  /// The in-place form writes its result into a copy of the first argument.
  private func checkInPlace(_ file: CaseFile, _ test: JSON) throws {
    guard test["inplace"] == .bool(true), let name = file.document["inplace"]?.stringValue else { return }
    let rows = bindings.ops[name] ?? []
    var found = false
    var seen: Set<String> = []
    for row in rows {
      let reader = ValueReader(file.tensors, device: device)
      let arguments = try reader.values(test.require("args").array())
      guard let match = row.match(arguments, try reader.named(test["kwargs"])),
        case .tensor(let target)? = arguments.first
      else { continue }
      found = true
      guard seen.insert(row.spelling).inserted else { continue }
      Stage.now(row.spelling)
      manualSeed(Self.recordedSeed)
      let outputs = noGrad { match.run(match.arguments) }
      let wanted = ValueReader(file.tensors, device: device)
      let comparison = Comparison(tolerance: try Tolerance(test["tol"]))
      let wants = try wanted.values(test.require("outputs").array())
      try comparison.check("\(row.spelling): output", outputs, wants)
      try comparison.check("\(row.spelling): the tensor written to", [.tensor(target)], wants)
    }
    if !found { throw Unsupported("in place: no form of \(name) takes the case") }
  }
}

/// Back-propagates outputs and compares the gradients of leaves.
enum Gradients {
  static func check(
    _ what: String, _ outputs: [Output], _ test: JSON, _ wanted: ValueReader, names: [String], leaves: [Tensor],
    wants: [JSON]
  ) throws {
    let starts = try test.require("grad_outputs").array()
    guard starts.count == outputs.count else { throw CaseError("\(starts.count) grad_outputs for \(outputs.count)") }
    var sources: [Tensor] = []
    var seeds: [Tensor?] = []
    for (output, start) in zip(outputs, starts) {
      guard start != .null else { continue }
      guard case .tensor(let tensor) = output else { throw CaseError("a gradient of a plain value") }
      guard tensor.requiresGrad else { throw Mismatch("\(what) \(names[0]): the result does not require gradients") }
      sources.append(tensor)
      seeds.append(try wanted.tensor(start))
    }
    let grads = grad(outputs: sources, inputs: leaves, gradOutputs: seeds, allowUnused: true)
    let comparison = Comparison(tolerance: try Tolerance(test["grad_tol"]))
    for (index, want) in wants.enumerated() {
      let name = "\(what) \(names[index])"
      if want == .null {
        if grads[index] != nil { throw Mismatch("\(name): there is one, PyTorch gives none") }
        continue
      }
      guard let got = grads[index] else { throw Mismatch("\(name): there is none") }
      try comparison.check(name, got, wanted.tensor(want))
    }
  }
}

/// The step that some groups apply to outputs before they are compared: factorisations are unique up to signs only.
enum PostStep {
  static func apply(_ name: String?, _ outputs: [Output]) throws -> [Output] {
    guard let name else { return outputs }
    let o = try outputs.map { output in
      guard case .tensor(let tensor) = output else { throw CaseError("post \(name) of a plain value") }
      return tensor
    }
    func rows(_ x: Tensor, _ count: Int) -> Tensor { x[.ellipsis, 0..<count, .all] }
    func columns(_ x: Tensor, _ count: Int) -> Tensor { x[.ellipsis, 0..<count] }
    switch name {
    case "eigh": return out([o[0], o[1].abs()])
    case "select12": return out([o[1], o[2]])
    case "svd.S": return out([o[1]])
    case "svd.absU": return out([columns(o[0], o[1].size(-1)).abs()])
    case "svd.absVh": return out([o[1], rows(o[2], o[1].size(-1)).abs()])
    case "svd.UVh": return out([columns(o[0], o[1].size(-1)).matmul(rows(o[2], o[1].size(-1))), o[1]])
    default: throw CaseError("unknown post \(name)")
    }
  }
}
