// What a model is made of and how large it gets: one forward pass, watched.

/// The modules of a model with the shapes of their outputs, their parameters and their memory; it prints as a table.
///
/// ```swift
/// print(summary(model, inputSize: [1, 3, 32, 32]))
/// ```
public struct ModelSummary: Sendable, CustomStringConvertible {
  /// A module of the model.
  public struct Row: Sendable {
    /// The path from the model, such as `features.3`; empty for the model itself.
    public let name: String
    /// The type's name.
    public let type: String
    /// How many modules stand above.
    public let depth: Int
    /// The shapes of the tensors that the last call returned; empty where the module was not called.
    public let outputShapes: [[Int]]
    /// How often the module was called.
    public let calls: Int
    /// Elements of the parameters that are the module's own: not its children's, and not those of a row above.
    public let parameters: Int
    /// How many of them ask for gradients.
    public let trainableParameters: Int
    /// Bytes of these parameters.
    public let parameterBytes: Int
    /// Bytes that a module without children took for its outputs, over all calls; 0 where the output lies in the
    /// memory of an input.
    public let outputBytes: Int
  }

  /// The modules, each once, parents first.
  public let rows: [Row]
  /// Bytes of the inputs.
  public let inputBytes: Int
  /// Bytes of the buffers, each once.
  public let bufferBytes: Int

  /// Elements of all parameters, those that are shared once.
  public var parameters: Int { rows.reduce(0) { $0 + $1.parameters } }
  /// How many of them ask for gradients.
  public var trainableParameters: Int { rows.reduce(0) { $0 + $1.trainableParameters } }
  /// Bytes of all parameters.
  public var parameterBytes: Int { rows.reduce(0) { $0 + $1.parameterBytes } }
  /// Bytes of the outputs of the modules without children: about what training keeps of one forward pass. What
  /// functions inside a `forward` make is not seen.
  public var outputBytes: Int { rows.reduce(0) { $0 + $1.outputBytes } }

  /// The table, the sums under it, without a newline at the end.
  public var description: String {
    var cells = [["layer", "output shape", "parameters", "bytes"]]
    cells += rows.map { row in
      let name = row.name.isEmpty ? row.type : "\(row.name) (\(row.type))"
      var shape = row.outputShapes.map { "[\($0.map(String.init).joined(separator: ", "))]" }.joined(separator: ", ")
      if row.calls == 0 { shape = "not called" }
      if row.calls > 1 { shape += " x\(row.calls)" }
      return [
        String(repeating: "  ", count: row.depth) + name, shape,
        row.parameters == 0 ? "-" : Self.grouped(row.parameters),
        row.outputBytes == 0 ? "-" : Self.size(row.outputBytes),
      ]
    }
    let widths = (0..<4).map { column in cells.map { $0[column].count }.max()! }
    let lines = cells.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column < 2 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }
    let rule = String(repeating: "-", count: lines[0].count)
    let frozen = parameters - trainableParameters
    let memory = [
      "inputs \(Self.size(inputBytes))", "parameters \(Self.size(parameterBytes))", "buffers \(Self.size(bufferBytes))",
      "outputs \(Self.size(outputBytes))",
    ]
    let sums = [
      "parameters: \(Self.grouped(parameters)), trainable \(Self.grouped(trainableParameters)), "
        + "frozen \(Self.grouped(frozen))",
      "memory: " + memory.joined(separator: ", "),
    ]
    return ([lines[0], rule] + lines.dropFirst() + [rule] + sums).joined(separator: "\n")
  }

  /// `1,234,567`.
  private static func grouped(_ count: Int) -> String {
    var text = ""
    for (index, digit) in String(count).reversed().enumerated() {
      if index > 0, index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  /// Bytes in three digits or so: `512 B`, `1.5 KiB`.
  private static func size(_ bytes: Int) -> String {
    if bytes < 1024 { return "\(bytes) B" }
    var (value, unit) = (Double(bytes) / 1024, "KiB")
    for next in ["MiB", "GiB", "TiB"] where value >= 1000 { (value, unit) = (value / 1024, next) }
    let tenths = Int((value * 10).rounded())
    return value < 99.95 ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\(Int(value.rounded())) \(unit)"
  }
}

/// What a model is made of when it is given an input of a size: layers, output shapes, parameters, memory.
///
/// The model runs once in evaluation mode, without gradients, on uniform numbers (zeros for dtypes that are not
/// floating point). Its mode, its buffers' elements and the default generator are as before afterwards; hooks of yours run.
/// - Parameters:
///   - model: any ``Layer``; see the other forms for modules of several inputs.
///   - inputSize: the shape of the input, batch dimension included.
///   - dtype: the input's dtype; the first floating point parameter's, else float32, unless told.
///   - device: where the input shall live; where the first parameter does unless told.
/// - Precondition: the model takes such an input and is not ``Frozen``.
public func summary(
  _ model: some Layer, inputSize: [Int], dtype: DType? = nil, device: Device? = nil
) -> ModelSummary {
  let parameters = model.parameters()
  let dtype = dtype ?? parameters.first { $0.dtype.isFloatingPoint }?.dtype ?? .float32
  let device = device ?? parameters.first?.device ?? .cpu
  let input = forkRNG {
    dtype.isFloatingPoint
      ? Tensor.rand(inputSize).to(dtype).to(device) : Tensor.zeros(inputSize, dtype: dtype, device: device)
  }
  return summary(model, input)
}

/// What a model is made of when it is given an input.
public func summary(_ model: some Layer, _ input: Tensor) -> ModelSummary {
  SummaryWatch(model).run([input]) { _ = model(input) }
}

/// What a model of two inputs is made of when it is given these.
public func summary<M: Layer2>(_ model: M, _ a: M.Input1, _ b: M.Input2) -> ModelSummary {
  SummaryWatch(model).run([a, b]) { _ = model(a, b) }
}

/// What a model of three inputs is made of when it is given these.
public func summary<M: Layer3>(_ model: M, _ a: M.Input1, _ b: M.Input2, _ c: M.Input3) -> ModelSummary {
  SummaryWatch(model).run([a, b, c]) { _ = model(a, b, c) }
}

/// What a model of four inputs is made of when it is given these.
public func summary<M: Layer4>(
  _ model: M, _ a: M.Input1, _ b: M.Input2, _ c: M.Input3, _ d: M.Input4
) -> ModelSummary {
  SummaryWatch(model).run([a, b, c, d]) { _ = model(a, b, c, d) }
}

/// What a model of five inputs is made of when it is given these.
public func summary<M: Layer5>(
  _ model: M, _ a: M.Input1, _ b: M.Input2, _ c: M.Input3, _ d: M.Input4, _ e: M.Input5
) -> ModelSummary {
  SummaryWatch(model).run([a, b, c, d, e]) { _ = model(a, b, c, d, e) }
}

/// Watches one forward pass.
private final class SummaryWatch {
  /// What the calls of a module showed.
  private struct Calls {
    var count = 0
    var shapes: [[Int]] = []
    var bytes = 0
  }

  private let model: Module
  private let modules: [(name: String, module: Module)]
  private var seen: [ObjectIdentifier: Calls] = [:]

  init(_ model: Module) {
    model.requireThawed("summary")
    self.model = model
    modules = model.namedModules()
  }

  func run(_ inputs: [Any], _ forward: () -> Void) -> ModelSummary {
    let modes = modules.map(\.module.training)
    let handles = modules.map { entry in
      entry.module.registerForwardHook(any: { [unowned self] in note($0, $1, $2) })
    }
    let buffers = noGrad { model.buffers().map { (tensor: $0, version: $0.version, copy: $0.detach().clone()) } }
    for (_, module) in modules { module.training = false }
    defer {
      for ((_, module), mode) in zip(modules, modes) {
        module.training = mode
        // A call of a module without the object is shorter.
        if module.hooks?.isEmpty == true { module.hooks = nil }
      }
      noGrad {
        for buffer in buffers where buffer.tensor.version != buffer.version { _ = buffer.tensor.copy_(buffer.copy) }
      }
    }
    forkRNG { noGrad { forward() } }
    for handle in handles { handle.remove() }
    return ModelSummary(
      rows: rows(), inputBytes: Self.bytes(Self.tensors(in: inputs)), bufferBytes: Self.bytes(model.buffers()))
  }

  private func note(_ module: Module, _ inputs: [Any], _ output: Any) {
    let outputs = Self.tensors(in: output)
    var calls = seen[ObjectIdentifier(module)] ?? Calls()
    calls.count += 1
    calls.shapes = outputs.map { Array($0.shape) }
    if module.children().isEmpty {
      let given = Set(Self.tensors(in: inputs).map { ObjectIdentifier($0.storage) })
      calls.bytes += Self.bytes(outputs.filter { !given.contains(ObjectIdentifier($0.storage)) })
    }
    seen[ObjectIdentifier(module)] = calls
  }

  private func rows() -> [ModelSummary.Row] {
    var counted: Set<ObjectIdentifier> = []
    return modules.map { name, module in
      let own = module.namedMembers().compactMap { member -> Tensor? in
        guard case .parameter(let tensor) = member.value, counted.insert(ObjectIdentifier(tensor)).inserted
        else { return nil }
        return tensor
      }
      let calls = seen[ObjectIdentifier(module)] ?? Calls()
      return ModelSummary.Row(
        name: name, type: module.typeName, depth: name.isEmpty ? 0 : name.split(separator: ".").count,
        outputShapes: calls.shapes, calls: calls.count, parameters: own.reduce(0) { $0 + $1.numel() },
        trainableParameters: own.reduce(0) { $0 + ($1.requiresGrad ? $1.numel() : 0) },
        parameterBytes: Self.bytes(own), outputBytes: calls.bytes)
    }
  }

  private static func bytes(_ tensors: [Tensor]) -> Int {
    tensors.reduce(0) { $0 + $1.numel() * $1.dtype.itemSize }
  }

  /// The tensors of a value: itself, or those of a tuple, an array or an optional, however nested.
  private static func tensors(in value: Any) -> [Tensor] {
    if let tensor = value as? Tensor { return [tensor] }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .tuple, .collection, .optional, .struct, .dictionary: return mirror.children.flatMap { tensors(in: $0.value) }
    default: return []
    }
  }
}
