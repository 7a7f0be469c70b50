// Clipping, vectors of parameters and averaged weights, against PyTorch.

import Foundation
import Testing
import Torch
import TorchNN
import TorchOptim

@Suite struct UtilsTests {
  private func bits(_ x: Tensor) -> [String] {
    x.detach().contiguous().view(-1).array(Float.self).map {
      let text = String($0.bitPattern, radix: 16)
      return String(repeating: "0", count: 8 - text.count) + text
    }
  }

  @Test func clippedNorms() throws {
    for run in try golden("schedulers")["utils"] as! [[String: Any]] {
      let scale = run["scale"] as! Double, text = run["norm_type"] as! String
      manualSeed(3)
      let grads = [Tensor.randn(40, 30), .randn(7), .randn(3, 5, 11)].map { $0 * scale }
      let parameters = grads.map { Tensor.zeros(like: $0).requiresGrad_() } + [.zeros(2, requiresGrad: true)]
      for (parameter, grad) in zip(parameters, grads) { parameter.grad = grad.clone() }
      let norm = Utils.clipGradNorm_(parameters, maxNorm: 1.5, normType: Double(text)!)
      let wanted = Double(Float(bitPattern: UInt32((run["norm"] as! [String])[0], radix: 16)!))
      // PyTorch adds up in another order, and is itself up to 20 ulp from the truth here (4 where the order is 3).
      let exact = run["exact"] as! Double, ulp = Double(Float(exact).ulp), got: Double = norm.item()
      #expect(norm.shape == [] && abs(got - exact) <= max(abs(wanted - exact), 4 * ulp), "\(scale) \(text)")
      if text == "inf" || text == "2.0" { #expect(abs(got - wanted) <= ulp, "\(scale) \(text)") }
      let slack = abs(got / wanted - 1) + 2.5e-7
      for (parameter, clipped) in zip(parameters, run["clipped"] as! [[String]]) {
        let first = parameter.grad!.reshape(-1)[..<6].array(Float.self)
        for (got, bits) in zip(first, clipped) {
          let wanted = Float(bitPattern: UInt32(bits, radix: 16)!)
          #expect(abs(Double(got) - Double(wanted)) <= slack * Double(abs(wanted)), "\(scale) \(text)")
        }
      }
      #expect(parameters[3].grad == nil)
    }
  }

  @Test func edges() {
    #expect(Utils.clipGradNorm_([Tensor](), maxNorm: 1).item() == 0.0)
    let p = Tensor([3.0, -4.0], requiresGrad: true)
    (p * p / 2).sum().backward()
    #expect(Utils.clipGradNorm_(p, maxNorm: 10).item() == 5.0 && p.grad!.array(Float.self) == [3, -4])
    Utils.clipGradValue_(p, clipValue: 3.5)
    #expect(p.grad!.array(Float.self) == [3, -3.5])
    p.grad!.fill_(Double.infinity)
    #expect(Utils.clipGradNorm_(p, maxNorm: 1).item() == Double.infinity)
    #expect(p.grad!.array(Float.self).allSatisfy { $0.isNaN })
  }

  @Test func anInfiniteNormCanBeRefused() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let p = Tensor([1.0], requiresGrad: true)
        p.grad = Tensor([Double.infinity])
        Utils.clipGradNorm_(p, maxNorm: 1, errorIfNonfinite: true)
      }, "clip_grad_norm_: the norm of order 2.0 is inf")
  }

  @Test func vectors() {
    let model = Sequential(Linear(2, 3), Linear(3, 1))
    let parameters = model.parameters()
    let vector = Utils.parametersToVector(parameters)
    #expect(vector.shape == [13] && vector.requiresGrad)
    let other = (vector.detach() * 2).detach()
    Utils.vectorToParameters(other, parameters)
    #expect(Utils.parametersToVector(parameters).detach().array(Float.self) == other.array(Float.self))
    #expect(model.parameters()[0] === parameters[0] && parameters[0].requiresGrad && parameters[0].isLeaf)
    // As in torch, the parameters are views of the row.
    other.fill_(3)
    #expect(parameters[3].item() == 3)
    model(Tensor.ones(1, 2)).sum().backward()
    #expect(parameters.allSatisfy { $0.grad?.shape == $0.shape })
  }

  @Test func averages() throws {
    let recorded = try golden("schedulers")["average"] as! [String: [String: Any]]
    for (name, averaging) in [("swa", Averaging.swa), ("ema", .ema(decay: 0.9))] {
      manualSeed(5)
      let model = Linear(3, 2)
      let average = AveragedModel(model, avgFn: averaging)
      for i in 0..<5 {
        noGrad { for p in model.parameters() { p.mul_(0.7).add_(0.1 * Double(i + 1)) } }
        average.updateParameters(model)
      }
      let state = average.stateDict(), wanted = recorded[name]!
      #expect(state.keys == wanted["keys"] as! [String] && average.nAveraged == wanted["n"] as! Int)
      for (tensor, expected) in zip(state.values.dropFirst(), wanted["values"] as! [[String]]) {
        #expect(bits(tensor) == expected, "\(name)")
      }

      let own = model.weight.detach().clone().array(Float.self), mean = state["module.weight"]!.array(Float.self)
      let inside = average.swapped(with: model) { model.weight.detach().array(Float.self) }
      #expect(inside == mean && model.weight.detach().array(Float.self) == own && own != mean)

      let other = AveragedModel(Linear(3, 2), avgFn: averaging)
      try other.loadStateDict(state)
      average.updateParameters(model)
      other.updateParameters(model)
      #expect(other.nAveraged == 6)
      #expect(
        zip(average.stateDict(), other.stateDict()).allSatisfy { bits($0.value.float()) == bits($1.value.float()) })
      average.copyTo(model)
      #expect(bits(model.weight) == bits(average.stateDict()["module.weight"]!) && model.weight.requiresGrad)
      let small: StateDict = ["module.weight": Tensor.ones(1)]
      let error = #expect(throws: StateDictError.self) { try other.loadStateDict(small) }
      #expect(error?.missing == ["n_averaged", "module.bias"] && error?.mismatched.count == 1)
    }
  }

  private final class Counting: Module {
    @Parameter var weight: Tensor = .zeros(1)
    @Buffer var seen: Tensor = .zeros(1)
  }

  @Test func buffersAreCopiedOrAveraged() {
    for (useBuffers, wanted) in [(false, 4.0), (true, 3.0)] {
      let model = Counting()
      let average = AveragedModel(model, useBuffers: useBuffers)
      for value in [2.0, 4.0] {
        for tensor in [model.weight, model.seen] { noGrad { tensor.fill_(value) } }
        average.updateParameters(model)
      }
      #expect(average.stateDict()["module.weight"]!.item() == 3.0)
      #expect(average.stateDict()["module.seen"]!.item() == wanted)
    }
    let model = Counting()
    let last = AveragedModel(model, avgFn: .function { _, current, _ in current })
    for _ in 0..<3 { last.updateParameters(model) }
    #expect(last.nAveraged == 3)
  }
}
