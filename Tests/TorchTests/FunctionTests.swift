import Testing
import Torch

/// Ops of the user's own, against what PyTorch 2.15 says of the same classes.
@Suite struct FunctionTests {
  /// Product, sum, and a mask that has no gradient.
  enum ProductAndSum: Function {
    static func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
      let (a, b) = (inputs[0], inputs[1])
      let mask = a .> 0, bound = a.detach().clone()
      context.saveForBackward(a, b)
      context.markNonDifferentiable(mask, bound)
      return [a * b, a + b, mask, bound]
    }

    static func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
      let (a, b) = (context.savedTensors[0], context.savedTensors[1])
      let (g, h) = (gradients[0]!, gradients[1]!)
      return [g * b + h, g * a + h]
    }
  }

  enum Doubled: Function {
    static func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
      context.markDirty(inputs[0])
      return [inputs[0].mul_(2)]
    }
    static func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] { [gradients[0]! * 2] }
  }

  enum Scaled: Function {
    static func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
      context.setMaterializeGrads(false)
      return [inputs[0] * (context.values["by"] as! Double), inputs[0]]
    }
    static func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
      #expect(gradients[1] == nil)
      return [gradients[0]! * (context.values["by"] as! Double)]
    }
  }

  @Test func severalOutputs() {
    let a = Tensor([1.0, 2.0], requiresGrad: true), b = Tensor([3.0, 4.0], requiresGrad: true)
    let outputs = ProductAndSum.apply([a, b])
    #expect(outputs.map(\.requiresGrad) == [true, true, false, false])
    outputs[0].sum().backward()
    #expect(a.grad!.array() == [3.0, 4.0] && b.grad!.array() == [1.0, 2.0])
  }

  @Test func writtenInPlace() {
    let a = Tensor([1.0, 2.0], requiresGrad: true), c = a * 1
    let d = Doubled.apply(c)
    #expect(d === c)
    (d * d).sum().backward()
    #expect(a.grad!.array() == [8.0, 16.0])
  }

  @Test func viewWrittenInPlace() {
    let a = Tensor([1.0, 2.0], requiresGrad: true), c = a * 1
    _ = Doubled.apply(c[0..<1])
    (c * c).sum().backward()
    #expect(a.grad!.array() == [8.0, 4.0])
  }

  @Test func valuesAndNil() {
    let a = Tensor([1.0, 2.0], requiresGrad: true)
    let outputs = Scaled.apply([a], values: ["by": 3.0])
    #expect(outputs[1] !== a)
    outputs[0].sum().backward()
    #expect(a.grad!.array() == [3.0, 3.0])
  }
}
