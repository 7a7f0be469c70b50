/// Where a gradient differs from what small steps of the input say.
public struct GradCheckError: Error, CustomStringConvertible, Sendable {
  public let description: String
}

/// Checks gradients against central differences, as `torch.autograd.gradcheck`.
///
/// - Parameters:
///   - function: from tensors to one tensor, the same result each time.
///   - inputs: float64 for sharp results; those that require gradients are checked.
///   - eps: the step of the differences.
///   - atol: the absolute error allowed.
///   - rtol: the relative error allowed.
/// - Throws: ``GradCheckError`` that names input, element and both values.
@discardableResult
public func gradcheck(
  _ function: ([Tensor]) -> Tensor, _ inputs: [Tensor], eps: Double = 1e-6, atol: Double = 1e-5, rtol: Double = 1e-3
) throws -> Bool {
  let output = function(inputs)
  let count = output.numel()
  for (position, input) in inputs.enumerated() where input.requiresGrad {
    // One row per output element.
    var analytical: [[Double]] = []
    for i in 0..<count {
      let start = Tensor.zeros(count, dtype: output.dtype)
      start[i] = 1
      let gradient = grad(
        outputs: [output], inputs: [input], gradOutputs: [start.reshape(output.shape)], retainGraph: true,
        allowUnused: true)[0]
      analytical.append(gradient?.array() ?? Array(repeating: 0, count: input.numel()))
    }
    for j in 0..<input.numel() {
      func moved(by step: Double) -> [Double] {
        noGrad {
          var shifted = inputs
          let copy = input.detach().clone(memoryFormat: .contiguousFormat)
          copy.view(-1)[j] += step
          shifted[position] = copy
          return function(shifted).array()
        }
      }
      let up = moved(by: eps), down = moved(by: -eps)
      for i in 0..<count {
        let numerical = (up[i] - down[i]) / (2 * eps)
        let difference = abs(numerical - analytical[i][j])
        guard difference <= atol + rtol * abs(numerical) else {
          throw GradCheckError(
            description:
              "input \(position), element \(j), output element \(i): backward says \(analytical[i][j]), differences say \(numerical)"
          )
        }
      }
    }
  }
  return true
}

/// Checks gradients of gradients against central differences, as `torch.autograd.gradgradcheck`.
/// - Throws: ``GradCheckError`` that names input, element and both values.
@discardableResult
public func gradgradcheck(
  _ function: ([Tensor]) -> Tensor, _ inputs: [Tensor], eps: Double = 1e-6, atol: Double = 1e-5, rtol: Double = 1e-3
) throws -> Bool {
  let probe = function(inputs)
  let start = Generator(seed: 7)
  let gradOutput = Tensor.randn(probe.shape, generator: start, dtype: probe.dtype).requiresGrad_()
  let differentiable = inputs.indices.filter { inputs[$0].requiresGrad }
  func gradients(_ all: [Tensor]) -> Tensor {
    enableGrad {
      let tracked = all.enumerated().map { i, x in
        differentiable.contains(i) && !x.requiresGrad ? x.detach().requiresGrad_() : x
      }
      let output = function(Array(tracked.dropLast()))
      let results = grad(
        outputs: [output], inputs: differentiable.map { tracked[$0] }, gradOutputs: [tracked[tracked.count - 1]],
        createGraph: true, allowUnused: true)
      return Tensor.cat(
        results.enumerated().map { i, g in (g ?? Tensor.zeros(like: inputs[differentiable[i]])).reshape(-1) })
    }
  }
  return try gradcheck(gradients, inputs + [gradOutput], eps: eps, atol: atol, rtol: rtol)
}
