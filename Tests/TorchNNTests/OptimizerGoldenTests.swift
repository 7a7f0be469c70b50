// Every option of SGD, Adam and AdamW against runs recorded from PyTorch.

import Foundation
import Testing
import TorchNN
import TorchOptim

@Suite struct OptimizerGoldenTests {
  private func start(_ dtype: DType) -> Tensor {
    (Tensor.arange(37, dtype: .float64) / 10 - 1.5).to(dtype).detach().requiresGrad_()
  }

  private func step(_ optimizer: Optimizer, _ params: [Tensor]) {
    optimizer.zeroGrad()
    for p in params { ((p - 1).pow(2) + p * 0.3).sum().backward() }
    optimizer.step()
  }

  private func make(_ kind: String, _ options: [String: Any], _ params: [Tensor]) -> Optimizer {
    func number(_ name: String, _ otherwise: Double) -> Double { options[name] as? Double ?? otherwise }
    func flag(_ name: String) -> Bool { options[name] as? Bool ?? false }
    let lr = number("lr", 0.001), betas = options["betas"] as? [Double] ?? [0.9, 0.999], eps = number("eps", 1e-8)
    switch kind {
    case "SGD":
      return SGD(
        params, lr: lr, momentum: number("momentum", 0), dampening: number("dampening", 0),
        weightDecay: number("weight_decay", 0), nesterov: flag("nesterov"), maximize: flag("maximize"),
        foreach: options["foreach"] as? Bool, fused: options["fused"] as? Bool)
    case "Adam":
      return Adam(
        params, lr: lr, betas: (betas[0], betas[1]), eps: eps, weightDecay: number("weight_decay", 0),
        amsgrad: flag("amsgrad"), maximize: flag("maximize"))
    default:
      return AdamW(
        params, lr: lr, betas: (betas[0], betas[1]), eps: eps, weightDecay: number("weight_decay", 0.01),
        amsgrad: flag("amsgrad"), maximize: flag("maximize"))
    }
  }

  /// A recorded state dict, whose tensors are arrays.
  private func state(_ json: [String: Any], _ dtype: DType = .float64) -> OptimizerState {
    let flags = ["nesterov", "maximize", "amsgrad", "differentiable", "capturable", "decoupled_weight_decay"]
    func value(_ key: String, _ any: Any) -> StateValue {
      if any is NSNull { return .none }
      if let list = any as? [Double] { return .list(list.map { .double($0) }) }
      return flags.contains(key) ? .bool(any as! Bool) : .double(any as! Double)
    }
    var result = OptimizerState(state: [:], paramGroups: [])
    for (number, entries) in json["state"] as! [String: [String: Any]] {
      result.state[Int(number)!] = entries.mapValues { entry in
        if let numbers = entry as? [Double] { return .tensor(Tensor(numbers, dtype: dtype)) }
        return .tensor(Tensor(entry as! Double))
      }
    }
    for group in json["param_groups"] as! [[String: Any]] {
      var options = group
      let params = options.removeValue(forKey: "params") as! [Int]
      result.paramGroups.append(
        .init(params: params, options: Dictionary(uniqueKeysWithValues: options.map { ($0, value($0, $1)) })))
    }
    return result
  }

  private func compare(
    _ got: OptimizerState, _ json: [String: Any], _ label: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let states = json["state"] as! [String: [String: Any]], groups = json["param_groups"] as! [[String: Any]]
    #expect(Set(got.state.keys.map(String.init)) == Set(states.keys), "\(label)", sourceLocation: sourceLocation)
    for (number, entries) in states {
      guard let own = got.state[Int(number)!] else { continue }
      #expect(Set(own.keys) == Set(entries.keys), "\(label)", sourceLocation: sourceLocation)
      for (key, entry) in entries {
        let wanted = entry as? [Double] ?? [entry as! Double]
        let error = distance(own[key]?.tensor?.array(Double.self) ?? [], wanted)
        #expect(error < 1e-12, "\(label) \(key)", sourceLocation: sourceLocation)
      }
    }
    #expect(got.paramGroups.count == groups.count, sourceLocation: sourceLocation)
    for (own, group) in zip(got.paramGroups, groups) {
      #expect(
        Set(own.options.keys).union(["params"]) == Set(group.keys), "\(label)", sourceLocation: sourceLocation)
      #expect(own.params == group["params"] as! [Int], sourceLocation: sourceLocation)
      for (key, value) in own.options {
        switch value {
        case .double(let number): #expect(number == group[key] as? Double, "\(label) \(key)")
        case .bool(let flag): #expect(flag == group[key] as? Bool, "\(label) \(key)")
        case .list(let list): #expect(list.map(\.double) == group[key] as? [Double], "\(label) \(key)")
        case .none: #expect(group[key] is NSNull, "\(label) \(key)")
        default: Issue.record("\(label) \(key)")
        }
      }
    }
  }

  @Test func everyOption() throws {
    for run in try golden("optim")["runs"] as! [[String: Any]] {
      let kind = run["kind"] as! String, options = run["options"] as! [String: Any]
      for (dtype, tolerance) in [(DType.float64, 1e-13), (.float32, 1e-6)] {
        for isDense in [true, false] {
          // What is not contiguous takes the path of single ops.
          let p =
            isDense
            ? start(dtype)
            : Tensor.stack([start(dtype), start(dtype)], dim: 1).select(dim: 1, index: 0).detach().requiresGrad_()
          let optimizer = make(kind, options, [p])
          for _ in 0..<10 { step(optimizer, [p]) }
          let whole = run["float64"] as! [String: Any]
          let wanted = dtype == .float64 ? whole["param"] : run["float32"]
          let error = distance(p.detach().array(Double.self), wanted)
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
      let optimizer = make(kind, options, [p])
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
        let other = make(kind, [:], [p2])
        other.addParamGroup(ParamGroup([q2]))
        try other.loadStateDict(saved)
        for _ in 0..<3 { step(other, [p2, q2]) }
        #expect(distance(p2.detach().array(), end[0]) < 1e-12, "\(kind)")
        #expect(distance(q2.detach().array(), end[1]) < 1e-12, "\(kind)")
      }
    }
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
