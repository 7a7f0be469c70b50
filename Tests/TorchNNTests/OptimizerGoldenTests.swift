// Every option of every optimizer against runs recorded from PyTorch.

import Foundation
import Testing
import TorchNN
import TorchOptim

@Suite struct OptimizerGoldenTests {
  private func start(_ dtype: DType, _ shape: [Int] = [37]) -> Tensor {
    let numbers = Tensor.arange(shape.reduce(1, *), dtype: .float64) / 10 - 1.5
    return numbers.to(dtype).reshape(shape).detach().requiresGrad_()
  }

  private func step(_ optimizer: Optimizer, _ params: [Tensor]) {
    optimizer.zeroGrad()
    for p in params { ((p - 1).pow(2) + p * 0.3).sum().backward() }
    optimizer.step()
  }

  /// A recorded state dict, whose tensors are arrays.
  private func state(_ json: [String: Any]) -> OptimizerState {
    var result = OptimizerState(state: [:], paramGroups: [])
    for (number, entries) in json["state"] as! [String: [String: Any]] {
      // Lists of numbers are tensors, but for those of LBFGS.
      let values = entries.map { ($0, stateValue($1, tensors: $0 != "ro" && $0 != "al")) }
      result.state[Int(number)!] = Dictionary(uniqueKeysWithValues: values)
    }
    for group in json["param_groups"] as! [[String: Any]] {
      var options = group
      let params = options.removeValue(forKey: "params") as! [Int]
      result.paramGroups.append(.init(params: params, options: options.mapValues { stateValue($0) }))
    }
    return result
  }

  private func compare(
    _ got: OptimizerState, _ json: [String: Any], _ label: String, tolerance: Double = 1e-12,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let states = json["state"] as! [String: [String: Any]], groups = json["param_groups"] as! [[String: Any]]
    #expect(Set(got.state.keys.map(String.init)) == Set(states.keys), "\(label)", sourceLocation: sourceLocation)
    for (number, entries) in states {
      guard let own = got.state[Int(number)!] else { continue }
      #expect(Set(own.keys) == Set(entries.keys), "\(label)", sourceLocation: sourceLocation)
      for (key, entry) in entries {
        guard let value = own[key] else { continue }
        let difference = difference(value, entry, tolerance)
        #expect(difference == nil, "\(label) \(key)", sourceLocation: sourceLocation)
      }
    }
    #expect(got.paramGroups.count == groups.count, sourceLocation: sourceLocation)
    for (own, group) in zip(got.paramGroups, groups) {
      #expect(
        Set(own.options.keys).union(["params"]) == Set(group.keys), "\(label)", sourceLocation: sourceLocation)
      #expect(own.params == group["params"] as! [Int], sourceLocation: sourceLocation)
      for (key, value) in own.options {
        let difference = difference(value, group[key] ?? "nothing", 0)
        #expect(difference == nil, "\(label) \(key)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test func everyOption() throws {
    for run in try golden("optim")["runs"] as! [[String: Any]] {
      let kind = run["kind"] as! String, options = run["options"] as! [String: Any]
      let shape = options["shape"] as? [Int] ?? [37]
      for (dtype, tolerance) in [(DType.float64, 1e-13), (.float32, 1e-6)] {
        for isDense in [true, false] {
          // What is not contiguous takes the path of single ops.
          let p =
            isDense
            ? start(dtype, shape)
            : Tensor.stack([start(dtype, shape), start(dtype, shape)], dim: 1).select(dim: 1, index: 0).detach()
              .requiresGrad_()
          let optimizer = makeOptimizer(kind, options, [p])
          for _ in 0..<10 { step(optimizer, [p]) }
          let whole = run["float64"] as! [String: Any]
          let wanted = dtype == .float64 ? whole["param"] : run["float32"]
          let largest = (wanted as! [Double]).map(abs).max()!
          let error = distance(p.detach().array(Double.self), wanted) / max(1, largest)
          #expect(error < tolerance, "\(kind) \(options) \(dtype) dense \(isDense)")
          if dtype == .float64 {
            compare(optimizer.stateDict(), whole["state"] as! [String: Any], "\(kind) \(options)")
          }
        }
      }
    }
  }

  /// Groups that join later, and a run that goes on from PyTorch's state dict or from its own.
  @Test func groupsAndSavedStates() throws {
    for run in try golden("optim")["continued"] as! [[String: Any]] {
      let kind = run["kind"] as! String, options = run["options"] as! [String: Any]
      let p = start(.float64), q = start(.float64)
      let optimizer = makeOptimizer(kind, options, [p])
      for _ in 0..<2 { step(optimizer, [p, q]) }
      q.grad = nil
      optimizer.addParamGroup(ParamGroup([q], lr: 0.02))
      for _ in 0..<3 { step(optimizer, [p, q]) }
      let middle = run["middle"] as! [[Double]], end = run["end"] as! [[Double]]
      #expect(distance(p.detach().array(), middle[0]) < 1e-13 && distance(q.detach().array(), middle[1]) < 1e-13)
      compare(optimizer.stateDict(), run["state"] as! [String: Any], kind)

      for saved in [optimizer.stateDict(), state(run["state"] as! [String: Any])] {
        let p2 = Tensor(middle[0], dtype: .float64).requiresGrad_(),
          q2 = Tensor(middle[1], dtype: .float64).requiresGrad_()
        let other = makeOptimizer(kind, [:], [p2])
        other.addParamGroup(ParamGroup([q2]))
        try other.loadStateDict(saved)
        for _ in 0..<3 { step(other, [p2, q2]) }
        #expect(distance(p2.detach().array(), end[0]) < 1e-12, "\(kind)")
        #expect(distance(q2.detach().array(), end[1]) < 1e-12, "\(kind)")
      }
    }
  }

  private func valley(_ p: Tensor, _ q: Tensor, _ sign: Double, _ optimizer: Optimizer) -> Tensor {
    optimizer.zeroGrad()
    let rest = p[1...], first = p[..<(-1)]
    let valley = (rest - first.pow(2)).pow(2) * 100 + (1 - first).pow(2)
    let loss = (valley.sum() + (q - 2).pow(4).sum() + (p[0] * q).sum()) * sign
    loss.backward()
    return loss
  }

  /// LBFGS, by itself and from states that PyTorch and it saved.
  @Test func valleys() throws {
    for run in try golden("optim")["lbfgs"] as! [[String: Any]] {
      let options = run["options"] as! [String: Any], steps = run["steps"] as! [[String: Any]]
      let sign = options["maximize"] as? Bool == true ? -1.0 : 1.0
      func walk(from first: Int, _ numbers: [[Double]], _ saved: OptimizerState?) throws -> OptimizerState {
        let p = Tensor(numbers[0], dtype: .float64).requiresGrad_()
        let q = Tensor(numbers[1], dtype: .float64).reshape(2, 1).detach().requiresGrad_()
        let optimizer = makeOptimizer("LBFGS", options, [p, q])
        if let saved { try optimizer.loadStateDict(saved) }
        var after = optimizer.stateDict()
        for (number, step) in steps.enumerated().dropFirst(first) {
          let loss = optimizer.step { valley(p, q, sign, optimizer) }
          #expect(abs(loss.item() / (step["loss"] as! Double) - 1) < 1e-9, "\(options) step \(number)")
          let params = step["params"] as! [[Double]]
          #expect(distance(p.detach().array(), params[0]) < 1e-8, "\(options) step \(number)")
          #expect(distance(q.detach().array(), params[1]) < 1e-8, "\(options) step \(number)")
          compare(
            optimizer.stateDict(), step["state"] as! [String: Any], "\(options) \(number)", tolerance: 1e-7)
          if number == first { after = copied(optimizer.stateDict()) }
        }
        return after
      }
      let own = try walk(from: 0, [[-1.2, 1.0, 0.5, -0.7, 0.3, 1.9], [0.4, -0.6]], nil)
      let middle = steps[0]["params"] as! [[Double]]
      _ = try walk(from: 1, middle, own)
      _ = try walk(from: 1, middle, state(steps[0]["state"] as! [String: Any]))
    }
  }

  /// A state that later steps do not change.
  private func copied(_ state: OptimizerState) -> OptimizerState {
    func copied(_ value: StateValue) -> StateValue {
      switch value {
      case .tensor(let tensor): .tensor(tensor.detach().clone())
      case .list(let values): .list(values.map(copied))
      default: value
      }
    }
    var result = state
    result.state = state.state.mapValues { $0.mapValues(copied) }
    return result
  }

  @Test func aStateThatDoesNotFitChangesNothing() throws {
    let p = start(.float32), q = Tensor.zeros(3, requiresGrad: true)
    let saved = { () -> OptimizerState in
      let optimizer = Adam([p], lr: 0.1)
      step(optimizer, [p])
      return optimizer.stateDict()
    }()
    let other = Adam([q], lr: 0.5)
    let error = #expect(throws: OptimizerStateError.self) { try other.loadStateDict(saved) }
    #expect(error?.description.contains("of parameter 0 is [37], the parameter [3]") == true)
    #expect(other.paramGroups[0].lr == 0.5 && other.stateDict().state.isEmpty)
    let two = Adam([q, p])
    let count = #expect(throws: OptimizerStateError.self) { try two.loadStateDict(saved) }
    #expect(count?.description == "Adam: group 0 has 1 parameters in the state, here 2")
    var bad = saved
    bad.paramGroups[0].options["lr"] = .double(-1)
    let range = #expect(throws: OptimizerStateError.self) { try Adam([start(.float32)]).loadStateDict(bad) }
    #expect(range?.description == "Adam: group 0: lr must be 0 or more, got -1.0")
  }

  @Test func gradientsAreCleared() {
    let p = start(.float32), untouched = start(.float32)
    let optimizer = SGD([ParamGroup([p]), ParamGroup([untouched])], lr: 0.1)
    (p * 2).sum().backward()
    let grad = p.grad!
    optimizer.zeroGrad(setToNone: false)
    #expect(p.grad === grad && grad.array(Float.self).allSatisfy { $0 == 0 } && untouched.grad == nil)
    let before = untouched.detach().clone()
    optimizer.step()
    #expect(untouched.array(Float.self) == before.array(Float.self))
    optimizer.zeroGrad()
    #expect(p.grad == nil)
    // A group without parameters is allowed, as in torch.
    #expect(SGD([ParamGroup([])], lr: 0.1).paramGroups.count == 1)
  }

  @Test func anOptimizerMadeBeforeTheMoveTrains() {
    let model = Sequential(Linear(2, 3), Tanh(), Linear(3, 1))
    for parameter in model.parameters() { Init.constant_(parameter, 0.3) }
    let optimizer = Adam(model.parameters(), lr: 0.01)
    func loss(_ dtype: DType) -> Tensor { model(.ones(4, 2, dtype: dtype)).square().sum() }
    loss(.float32).backward()
    optimizer.step()
    model.to(.float64)
    let parameters = model.parameters()
    #expect(parameters.allSatisfy { $0.dtype == .float64 && $0.grad?.dtype == .float64 })
    for (own, held) in zip(parameters, optimizer.paramGroups[0].params) { #expect(own === held) }
    var last = Double.infinity
    for _ in 0..<20 {
      optimizer.zeroGrad()
      let now = loss(.float64)
      now.backward()
      optimizer.step()
      #expect(now.item() < last)
      last = now.item()
    }
    #expect(optimizer.state(of: parameters[0]).tensors["exp_avg"]?.dtype == .float64)
    #expect(optimizer.state(of: parameters[0]).step == 21)
  }
}
