// Hooks of modules of any signature, and hooks on the backward pass.

import Foundation
import Testing
import TorchNN

private final class Two: Module, Layer2 {
  func forward(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) { (a * 2, a * b) }
}

private final class Scale: Module, Layer2 {
  func forward(_ x: Tensor, _ factor: Double) -> Tensor { x * factor }
}

private final class Sum3: Module, Layer3 {
  func forward(_ a: Tensor, _ b: Tensor?, _ c: Int) -> (Tensor, Int) { (b.map { a + $0 } ?? a, c) }
}

private final class Sum4: Module, Layer4 {
  func forward(_ a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor) -> [Tensor] { [a + b, c + d] }
}

private final class Sum5: Module, Layer5 {
  func forward(_ a: Tensor, _ b: Tensor, _ c: Tensor?, _ d: Int, _ e: Double) -> Tensor { (a + b) * d + e }
}

@Suite struct HookTests {
  /// What hooks saw, as the goldens hold it.
  private final class Log { var entries: [[Any]] = [] }

  private func plain(_ gradients: [Tensor?]) -> [Any] {
    gradients.map { gradient in
      guard let gradient else { return NSNull() }
      let numbers = gradient.array(Double.self)
      guard gradient.ndim == 2 else { return numbers }
      return stride(from: 0, to: numbers.count, by: gradient.shape[1]).map {
        Array(numbers[$0..<$0 + gradient.shape[1]])
      }
    }
  }

  private func watched<M: Module>(_ module: M, _ log: Log) -> M {
    module.registerFullBackwardHook { (_, inputs, outputs) -> Void in
      log.entries.append(["full", self.plain(inputs), self.plain(outputs)])
    }
    module.registerFullBackwardPreHook { (_, outputs) -> Void in log.entries.append(["pre", self.plain(outputs)]) }
    return module
  }

  private func linear() -> Linear {
    let layer = Linear(2, 1)
    layer.weight = Tensor([[0.5, -2.0]])
    layer.bias = .zeros(1)
    return layer
  }

  private func expect(
    _ name: String, _ log: Log, _ grad: Tensor?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let goldens = try golden("modules")["hooks"] as! [String: [String: Any]]
    let wanted = try #require(goldens[name], sourceLocation: sourceLocation)
    #expect(log.entries as NSArray == wanted["log"] as! NSArray, "\(name)", sourceLocation: sourceLocation)
    let grads: [Any] = grad.map { plain([$0]) } ?? []
    #expect(grads as NSArray == [wanted["grad"]!] as NSArray, "\(name)", sourceLocation: sourceLocation)
  }

  @Test func gradientsOfInputsAndOutputs() throws {
    for name in ["both", "second"] {
      let log = Log(), a = Tensor([1.0, 2.0], requiresGrad: true), b = Tensor([3.0, 4.0])
      let (x, y) = watched(Two(), log)(a, b)
      (name == "both" ? x.sum() + y.sum() : y.sum()).backward()
      try expect("two \(name)", log, a.grad)
    }
  }

  @Test func withoutGradientsOfInputs() throws {
    let log = Log(), layer = watched(linear(), log)
    layer(Tensor([[1.0, 3.0]])).sum().backward()
    try expect("no input gradient", log, layer.weight.grad)
    // Nothing is watched where nothing is recorded.
    noGrad { layer(Tensor([[1.0, 3.0]])) }
    #expect(log.entries.count == 2)
  }

  @Test func hooksReplaceGradients() throws {
    let log = Log(), layer = linear(), x = Tensor([[1.0, 3.0]], requiresGrad: true)
    layer.registerFullBackwardHook { (_, inputs, _) -> [Tensor?]? in [inputs[0]! * 10] }
    layer.registerFullBackwardPreHook { (_, outputs) -> [Tensor?]? in [outputs[0]! * 3] }
    watched(layer, log)(x).sum().backward()
    try expect("replaced", log, x.grad)
    #expect(layer.weight.grad?.array(Float.self) == [3, 9])
  }

  @Test func nestedAndCalledTwice() throws {
    let log = Log(), x = Tensor([[1.0, 3.0]], requiresGrad: true)
    let model = Sequential(watched(linear(), log), watched(Tanh(), log), watched(Identity(), log))
    (model(x).sum() + model(x * 2).sum()).backward()
    let wanted = (try golden("modules")["hooks"] as! [String: [String: Any]])["nested, called twice"]!
    // The tanh is rounded otherwise than in torch: names and places are compared as such, numbers to 1e-6.
    func flat(_ any: Any, _ numbers: inout [Double], _ words: inout [String]) {
      if let list = any as? [Any] {
        for entry in list { flat(entry, &numbers, &words) }
      } else if let number = any as? Double {
        numbers.append(number)
      } else {
        words.append("\(any)")
      }
    }
    var got: ([Double], [String]) = ([], []), recorded: ([Double], [String]) = ([], [])
    flat(log.entries, &got.0, &got.1)
    flat(wanted["log"]!, &recorded.0, &recorded.1)
    #expect(got.1 == recorded.1 && distance(got.0, recorded.0) < 1e-6)
    #expect(distance(x.grad!.array(Double.self), (wanted["grad"] as! [[Double]])[0]) < 1e-6)
  }

  @Test func removedHooksAreSilent() {
    let log = Log(), layer = Identity(), x = Tensor([1.0], requiresGrad: true)
    let handle = layer.registerFullBackwardHook { (_, _, _) -> Void in log.entries.append([]) }
    let before = layer.registerFullBackwardPreHook { (_, _) -> Void in log.entries.append([]) }
    layer(x).sum().backward()
    #expect(log.entries.count == 2)
    before.remove()
    layer(x).sum().backward()
    handle.remove()
    layer(x).sum().backward()
    #expect(log.entries.count == 3 && x.grad?.item() == 3.0)
  }

  @Test func otherOutputs() {
    let log = Log(), four = watched(Sum4(), log), one = Tensor([1.0], requiresGrad: true)
    let outputs = four(one, one, one, one)
    (outputs[0] + outputs[1] * 2).sum().backward()
    #expect(one.grad?.item() == 6.0)
    #expect(
      log.entries as NSArray == [["pre", [[1.0], [2.0]]], ["full", [[1.0], [1.0], [2.0], [2.0]], [[1.0], [2.0]]]])
  }

  @Test func secondDerivativesPassThrough() {
    let layer = watched(Tanh(), Log()), x = Tensor([0.3], dtype: .float64, requiresGrad: true)
    let first = grad(layer(x).sum(), x, createGraph: true)
    first.sum().backward()
    let t = tanh(0.3)
    #expect(abs(x.grad!.item() + 2 * t * (1 - t * t)) < 1e-12)
  }

  @Test func forwardHooksOfMoreInputs() {
    let scale = Scale()
    scale.registerForwardPreHook { (_, inputs) -> (Tensor, Double)? in (inputs.0 + 1, inputs.1 * 2) }
    scale.registerForwardHook { (_, inputs, y) -> Tensor? in y + inputs.1 }
    #expect(scale(.ones(1), 3).item() == 18.0)

    var seen: [String] = []
    let three = Sum3()
    three.registerForwardPreHook { (_, inputs) -> Void in seen.append("\(inputs.0.shape) \(inputs.2)") }
    three.registerForwardHook { (_, inputs, output) -> (Tensor, Int)? in (output.0 * 2, output.1 + inputs.2) }
    let (y, n) = three(.ones(2), nil, 4)
    #expect(y.array(Float.self) == [2, 2] && n == 8 && seen == ["torch.Size([2]) 4"])

    let four = Sum4()
    four.registerForwardHook { (module, inputs, outputs) -> Void in
      seen.append("\((module as! Sum4).typeName) \(inputs.3.shape) \(outputs.count)")
    }
    four.registerForwardPreHook { (_, inputs) -> (Tensor, Tensor, Tensor, Tensor)? in
      (inputs.3, inputs.2, inputs.1, inputs.0)
    }
    #expect(four(Tensor(1.0), Tensor(2.0), Tensor(3.0), Tensor([4.0])).map { $0.item() } == [7.0, 3.0])
    #expect(seen.last == "Sum4 torch.Size([]) 2")

    let five = Sum5()
    five.registerForwardPreHook { (_, inputs) -> (Tensor, Tensor, Tensor?, Int, Double)? in
      (inputs.0, inputs.1, inputs.2, inputs.3 + 1, inputs.4)
    }
    five.registerForwardHook { (_, inputs, y) -> Tensor? in y + inputs.4 }
    #expect(five(Tensor(1.0), Tensor(2.0), nil, 3, 0.5).item() == 13.0)

    let two = Two()
    var count = 0
    let handle = two.registerForwardHook(any: { (_, inputs, _) in count += inputs.count })
    _ = two(.ones(1), .ones(1))
    handle.remove()
    _ = two(.ones(1), .ones(1))
    #expect(count == 2)
  }
}
