// Every scheduler against runs recorded from PyTorch: rates, momenta, state dicts, and runs that go on.

import Foundation
import Testing
import Torch
import TorchOptim

@Suite struct SchedulerTests {
  /// A scheduler with what its test needs, whichever class it has.
  private struct Handle {
    let step: (Double) -> Void
    let lastLR: () -> [Double]
    let save: () -> SchedulerState
    let load: (SchedulerState) throws -> Void

    init(_ scheduler: LRScheduler) {
      step = { _ in scheduler.step() }
      lastLR = { scheduler.lastLR }
      save = { scheduler.stateDict() }
      load = { try scheduler.loadStateDict($0) }
    }

    init(_ scheduler: ReduceLROnPlateau) {
      step = { scheduler.step($0) }
      lastLR = { scheduler.lastLR }
      save = { scheduler.stateDict() }
      load = { try scheduler.loadStateDict($0) }
    }
  }

  private let metrics = [1.0, 0.8, 0.81, 0.82, 0.7, 0.7, 0.7, 0.7, 0.69, 0.9, 1.0, 1.2, 1.3, 1.3]

  private func optimizer(_ name: String) -> Optimizer {
    let groups = [0.4, 0.2].map { ParamGroup([Tensor.zeros(1, requiresGrad: true)], lr: $0) }
    return name == "SGD" ? SGD(groups, lr: 0.1, momentum: 0.9) : Adam(groups, lr: 0.1)
  }

  private func make(_ name: String, _ k: [String: Any], _ o: Optimizer) -> Handle {
    func number(_ key: String, _ otherwise: Double) -> Double { k[key] as? Double ?? otherwise }
    func count(_ key: String, _ otherwise: Int) -> Int { k[key] as? Int ?? otherwise }
    func flag(_ key: String, _ otherwise: Bool) -> Bool { k[key] as? Bool ?? otherwise }
    func each(_ key: String, _ otherwise: Double = 0) -> any GroupValues {
      k[key] as? [Double] ?? number(key, otherwise)
    }
    func anneal() -> AnnealStrategy { AnnealStrategy(rawValue: k["anneal_strategy"] as? String ?? "cos")! }
    switch name {
    case "StepLR": return Handle(StepLR(o, stepSize: count("step_size", 1), gamma: number("gamma", 0.1)))
    case "MultiStepLR":
      return Handle(MultiStepLR(o, milestones: k["milestones"] as! [Int], gamma: number("gamma", 0.1)))
    case "ConstantLR":
      return Handle(ConstantLR(o, factor: number("factor", 1), totalIters: count("total_iters", 5)))
    case "LinearLR":
      return Handle(
        LinearLR(
          o, startFactor: number("start_factor", 1), endFactor: number("end_factor", 1),
          totalIters: count("total_iters", 5)))
    case "ExponentialLR": return Handle(ExponentialLR(o, gamma: number("gamma", 1)))
    case "PolynomialLR":
      return Handle(PolynomialLR(o, totalIters: count("total_iters", 5), power: number("power", 1)))
    case "CosineAnnealingLR":
      return Handle(CosineAnnealingLR(o, tMax: count("T_max", 1), etaMin: number("eta_min", 0)))
    case "CosineAnnealingWarmRestarts":
      return Handle(
        CosineAnnealingWarmRestarts(
          o, t0: count("T_0", 1), tMult: count("T_mult", 1), etaMin: number("eta_min", 0)))
    case "CyclicLR":
      return Handle(
        CyclicLR(
          o, baseLr: each("base_lr"), maxLr: each("max_lr"), stepSizeUp: count("step_size_up", 2000),
          stepSizeDown: k["step_size_down"] as? Int, mode: CyclicMode(rawValue: k["mode"] as! String)!,
          gamma: number("gamma", 1)))
    case "OneCycleLR":
      return Handle(
        OneCycleLR(
          o, maxLr: each("max_lr"), totalSteps: k["total_steps"] as? Int, epochs: k["epochs"] as? Int,
          stepsPerEpoch: k["steps_per_epoch"] as? Int, pctStart: number("pct_start", 0.3), annealStrategy: anneal(),
          cycleMomentum: flag("cycle_momentum", true), threePhase: flag("three_phase", false)))
    case "ReduceLROnPlateau":
      return Handle(
        ReduceLROnPlateau(
          o, mode: PlateauMode(rawValue: k["mode"] as? String ?? "min")!, factor: number("factor", 0.1),
          patience: count("patience", 10), threshold: number("threshold", 1e-4),
          thresholdMode: ThresholdMode(rawValue: k["threshold_mode"] as? String ?? "rel")!,
          cooldown: count("cooldown", 0), minLr: each("min_lr")))
    case "SWALR":
      return Handle(
        SWALR(o, swaLr: each("swa_lr"), annealEpochs: count("anneal_epochs", 10), annealStrategy: anneal()))
    case "LambdaLR": return Handle(LambdaLR(o, lrLambda: [{ pow(0.9, Double($0)) }, { 1 / Double(1 + $0) }]))
    case "MultiplicativeLR": return Handle(MultiplicativeLR(o) { $0 % 3 == 0 ? 0.5 : 1 })
    case "ChainedScheduler":
      return Handle(ChainedScheduler([ConstantLR(o, factor: 0.1, totalIters: 4), ExponentialLR(o, gamma: 0.9)]))
    case "SequentialLR":
      let members: [LRScheduler] = [
        LinearLR(o, startFactor: 0.1, totalIters: 3), CosineAnnealingLR(o, tMax: 5), StepLR(o, stepSize: 2, gamma: 0.5),
      ]
      return Handle(SequentialLR(o, schedulers: members, milestones: k["milestones"] as! [Int]))
    default: fatalError("no scheduler \(name)")
    }
  }

  private func momenta(_ optimizer: Optimizer) -> [Double] {
    optimizer.paramGroups.map { $0.options["betas"] != nil ? $0.betas.0 : $0.momentum }
  }

  @Test func recordedRuns() throws {
    for run in try golden("schedulers")["runs"] as! [[String: Any]] {
      let name = run["name"] as! String, kind = run["optimizer"] as! String, kwargs = run["kwargs"] as! [String: Any]
      let rates = run["rates"] as! [[Double]], moments = run["momenta"] as! [[Double]]
      let states = run["states"] as! [[String: Any]]
      func walk(_ optimizer: Optimizer, _ scheduler: Handle, from first: Int, _ label: String)
        -> (OptimizerState, SchedulerState)?
      {
        var middle: (OptimizerState, SchedulerState)?
        for step in first..<metrics.count {
          if step == 5 { for i in 0..<2 { optimizer.paramGroups[i].lr *= 1.5 } }
          optimizer.step()
          scheduler.step(metrics[step])
          #expect(distance(optimizer.paramGroups.map(\.lr), rates[step + 1]) < 1e-15, "\(label) step \(step)")
          #expect(scheduler.lastLR() == optimizer.paramGroups.map(\.lr), "\(label) step \(step)")
          #expect(distance(momenta(optimizer), moments[step + 1]) < 1e-15, "\(label) step \(step)")
          if step == 7 { middle = (optimizer.stateDict(), scheduler.save()) }
        }
        return middle
      }

      let optimizer = optimizer(kind), scheduler = make(name, kwargs, optimizer)
      #expect(distance(optimizer.paramGroups.map(\.lr), rates[0]) < 1e-15, "\(name)")
      #expect(distance(momenta(optimizer), moments[0]) < 1e-15, "\(name)")
      #expect(difference(.map(scheduler.save()), states[0], 1e-15) == nil, "\(name)")
      let middle = try #require(walk(optimizer, scheduler, from: 0, name))
      #expect(difference(.map(middle.1), states[1], 1e-15) == nil, "\(name)")
      for (group, recorded) in zip(optimizer.paramGroups, run["groups"] as! [[String: Any]]) {
        #expect(Set(group.options.keys) == Set(recorded.keys), "\(name)")
      }

      // A fresh pair goes on from the state of this run, and from PyTorch's.
      guard case .map(let recorded) = stateValue(states[1]) else { continue }
      for state in [middle.1, recorded] {
        let other = self.optimizer(kind), resumed = make(name, kwargs, other)
        try other.loadStateDict(middle.0)
        try resumed.load(state)
        _ = walk(other, resumed, from: 8, "\(name) resumed")
      }
    }
  }

  @Test func aStateThatDoesNotFitChangesNothing() {
    let optimizer = optimizer("SGD"), scheduler = StepLR(optimizer, stepSize: 2)
    var state = scheduler.stateDict()
    state["gamma"] = .string("much")
    state["step_size"] = nil
    state["last_epoch"] = .int(5)
    state["of a later torch"] = .int(1)
    let error = #expect(throws: SchedulerStateError.self) { try scheduler.loadStateDict(state) }
    #expect(error?.description == "StepLR: the state lacks step_size; of another kind: gamma")
    #expect(scheduler.lastEpoch == 0)
  }

  /// Warm restarts between epochs, a custom scale, a metric in a tensor, two schedulers of one optimizer.
  @Test func otherForms() {
    let optimizer = SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1)
    let restarts = CosineAnnealingWarmRestarts(optimizer, t0: 2, tMult: 2)
    restarts.step(2.5)
    #expect(abs(optimizer.paramGroups[0].lr - (1 + cos(Double.pi * 0.125)) / 2) < 1e-15 && restarts.lastEpoch == 2)
    restarts.step(0.5)
    #expect(abs(optimizer.paramGroups[0].lr - (1 + cos(Double.pi * 0.25)) / 2) < 1e-15)

    let cycled = SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1)
    let cyclic = CyclicLR(
      cycled, baseLr: 0.1, maxLr: 1.1, stepSizeUp: 2, scaleFn: { 1 / $0 }, scaleMode: .cycle, cycleMomentum: false)
    for _ in 0..<6 { cyclic.step() }
    #expect(abs(cycled.paramGroups[0].lr - 0.6) < 1e-15)

    let plateau = ReduceLROnPlateau(cycled, patience: 0)
    for _ in 0..<2 { plateau.step(Tensor(0.5)) }
    #expect(abs(plateau.lastLR[0] - 0.06) < 1e-15)

    let both = SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1)
    let slow = ExponentialLR(both, gamma: 0.5), steps = StepLR(both, stepSize: 2, gamma: 0.1)
    for scheduler in [slow, steps, slow, steps] as [LRScheduler] { scheduler.step() }
    #expect(abs(both.paramGroups[0].lr - 0.025) < 1e-15)
  }

  /// A subclass needs the rates alone.
  private final class Halving: LRScheduler {
    override func getLR() -> [Double] {
      isInitial ? optimizer.paramGroups.map(\.lr) : optimizer.paramGroups.map { $0.lr / 2 }
    }
  }

  @Test func aSchedulerOfOnesOwn() {
    let optimizer = optimizer("SGD"), scheduler = Halving(optimizer)
    optimizer.step()
    scheduler.step()
    #expect(scheduler.lastLR == [0.2, 0.1] && scheduler.baseLRs == [0.4, 0.2])
    #expect(optimizer.paramGroups[0].options["initial_lr"]?.double == 0.4)
  }

  @Test func theWrongOrderIsToldOnce() async {
    let end = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let optimizer = SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1)
      optimizer.step()
      let scheduler = StepLR(optimizer, stepSize: 1)
      scheduler.step()
      scheduler.step()
      optimizer.step()
      StepLR(optimizer, stepSize: 1).step()
    }
    let text = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.components(separatedBy: "warning: StepLR: step() of a scheduler before").count == 2, "\(text)")
  }

  @Test func refusals() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = StepLR(SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1), stepSize: 0)
      }, "StepLR: stepSize must be above 0, got 0")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = StepLR(SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1), stepSize: 1, lastEpoch: 3)
      }, "group 0 has no initial_lr to go on from epoch 3")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let scheduler = OneCycleLR(
          SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1, momentum: 0.9), maxLr: 1, totalSteps: 4)
        for _ in 0..<5 { scheduler.step() }
      }, "OneCycleLR: was stepped 5 times; the cycle has 4 steps")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = OneCycleLR(Adagrad([Tensor.zeros(1, requiresGrad: true)]), maxLr: 1.0, totalSteps: 4)
      }, "OneCycleLR: the optimizer has neither momentum nor betas to cycle; pass cycleMomentum: false")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let a = SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1), b = SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1)
        _ = ChainedScheduler([StepLR(a, stepSize: 1), StepLR(b, stepSize: 1)])
      }, "ChainedScheduler: scheduler 1, StepLR, belongs to another optimizer")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let a = SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1)
        _ = SequentialLR(a, schedulers: [StepLR(a, stepSize: 1)], milestones: [2])
      }, "SequentialLR: wants one milestone less than schedulers, got 1 and 1 schedulers")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let a = SGD([Tensor.zeros(1, requiresGrad: true)], lr: 1)
        let scheduler = StepLR(a, stepSize: 1)
        a.addParamGroup(ParamGroup([Tensor.zeros(1, requiresGrad: true)]))
        _ = MultiplicativeLR(a) { _ in 1 }
        scheduler.step()
        let cyclic = CyclicLR(a, baseLr: [0.1], maxLr: 1.0)
        cyclic.step()
      }, "CyclicLR: baseLr has 1 values, the optimizer 2 groups")
  }
}
