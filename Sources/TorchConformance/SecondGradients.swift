import Torch

/// Holds the gradients of gradients of a case's op against central differences, in float64 along a random direction.
///
/// The files have no second gradients. What is checked is that the package's own backward pass has the derivative that
/// it says it has, for the arguments of every case that has gradients: the first gradients are PyTorch's, so the second
/// ones are too.
struct SecondGradientRunner {
  let bindings: Bindings
  let device: Device

  func run(_ file: CaseFile, _ test: JSON) throws -> Verdict {
    guard file.kind == .op, let grads = try test["grads"]?.entries() else { throw Unsupported("no gradients") }
    let target = OpRunner.bare(try file.document.require("call").require("target").string())
    let names = grads.filter { $0.value != .null }.map(\.key)
    Stage.now("\(target), second gradient")
    guard let start = try gradient(file, test, target, names, moved: 0) else {
      throw Unsupported("no form of \(target) takes the case")
    }
    let value = start.value.item()
    guard value.isFinite else { throw Unsupported("the gradient is not finite") }
    var slope = 0.0
    if start.value.requiresGrad {
      let second = grad(outputs: [start.value], inputs: start.variables, allowUnused: true)
      for (gradient, direction) in zip(second, start.directions) {
        if let gradient { slope += (gradient * direction).sum().item() }
      }
    }
    // A short step meets rounding, a long one the curve's bend; a wrong slope agrees with none.
    var differences: [Double] = []
    for step in [1e-6, 1e-4, 1e-8] {
      guard let up = try gradient(file, test, target, names, moved: step)?.value.item(),
        let down = try gradient(file, test, target, names, moved: -step)?.value.item()
      else { throw CaseError("a case that matched once") }
      let difference = (up - down) / (2 * step)
      if abs(difference - slope) <= 1e-5 + 1e-3 * abs(difference) + 1e-9 * abs(value) { return .passed }
      differences.append(difference)
    }
    let sizes = [differences[1], differences[0], differences[2]].map(\.magnitude)
    guard sizes[1] < 10 * sizes[0] || sizes[2] < 10 * sizes[1] else {
      throw Unsupported("the gradient jumps here: the shorter the step, the larger the difference")
    }
    return .failed("\(target): the second gradient is \(slope), differences say \(differences)")
  }

  /// The first gradients at a place along the direction, each times a fixed random tensor and all summed up, with the
  /// variables it depends on and the direction that the place moves along.
  private func gradient(
    _ file: CaseFile, _ test: JSON, _ target: String, _ names: [String], moved step: Double
  ) throws -> (value: Tensor, variables: [Tensor], directions: [Tensor])? {
    let reader = ValueReader(file.tensors, device: device, inFloat64: true)
    let arguments = try reader.values(test.require("args").array())
    let named = try reader.named(test["kwargs"])
    var found: (run: Bindings.OpRun, arguments: Arguments)?
    for row in bindings.ops[target] ?? [] where found == nil { found = row.match(arguments, named) }
    guard let found else { return nil }

    let random = Generator(seed: 3)
    func like(_ x: Tensor) -> Tensor { Tensor.rand(x.shape, generator: random, dtype: .float64) * 2 - 1 }
    var variables: [Tensor] = [], directions: [Tensor] = [], weights: [Tensor] = []
    func add(_ variable: Tensor) {
      let direction = like(variable)
      noGrad { variable.add_(direction * step) }
      variables.append(variable)
      directions.append(direction)
    }
    for name in names {
      guard let leaf = reader.made[name] else { throw CaseError("a gradient of \(name), which is no input") }
      weights.append(like(leaf))
      add(leaf)
    }
    let inputs = variables
    manualSeed(0)
    let outputs = try PostStep.apply(test["post"]?.stringValue, found.run(found.arguments))
    var sources: [Tensor] = []
    let starts = ValueReader(file.tensors, device: device, inFloat64: true)
    for (output, json) in zip(outputs, try test.require("grad_outputs").array()) where json != .null {
      guard case .tensor(let tensor) = output else { throw CaseError("a gradient of a plain value") }
      guard tensor.dtype == .float64 else { throw Unsupported("rounds to \(tensor.dtype.name)") }
      // One tensor may start the gradients of several outputs; each has its own here.
      let start = try starts.tensor(json).clone()
      start.requiresGrad = true
      sources.append(tensor)
      add(start)
    }
    let first = grad(
      outputs: sources, inputs: inputs, gradOutputs: Array(variables.dropFirst(inputs.count)), createGraph: true,
      allowUnused: true)
    var value = Tensor.zeros([], dtype: .float64)
    for (gradient, weight) in zip(first, weights) { if let gradient { value = value + (gradient * weight).sum() } }
    return (value, variables, directions)
  }
}

extension CaseResult {
  /// The result where an op says that it has no second gradient in PyTorch either: there is nothing to hold.
  var withoutMissingSeconds: CaseResult {
    guard case .failed(let text) = verdict, text.hasPrefix("trap: "), text.contains("is not twice differentiable")
    else { return self }
    return CaseResult(
      kind: kind, group: group, id: id, dtype: dtype, flags: flags, verdict: .unsupported("not twice differentiable"))
  }
}
