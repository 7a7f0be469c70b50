// Options out of range, and what only one optimizer has.

import Testing
import Torch
import TorchOptim

/// Where eight random gradients take a parameter that lies densely, or so that single ops are needed.
private func walk(_ kind: String, _ options: [String: Any], _ dtype: DType, _ count: Int, dense: Bool) -> [Double] {
  manualSeed(7)
  let values = Tensor.randn(count, dtype: .float64).to(dtype)
  let p =
    dense
    ? values.detach().requiresGrad_()
    : Tensor.stack([values, values], dim: 1).select(dim: 1, index: 0).detach().requiresGrad_()
  let optimizer = makeOptimizer(kind, options, [p])
  for _ in 0..<8 {
    p.grad = Tensor.randn(count, dtype: .float64).to(dtype)
    optimizer.step()
  }
  return p.detach().array(Double.self)
}

@Suite struct OptimizerOptionTests {
  private func complaint(_ optimizer: Optimizer, _ options: [String: StateValue]) -> String? {
    var group = optimizer.paramGroups[0]
    group.options.merge(options) { _, new in new }
    return optimizer.complaint(about: group)
  }

  /// The rules of torch's initializers, one by one.
  @Test func rules() {
    let p = [Tensor.ones(2, 2, requiresGrad: true)]
    let optimizers: [(Optimizer, [(String, StateValue, String)])] = [
      (Adadelta(p), [("rho", .double(1.5), "rho must be from 0 to 1, got 1.5"), ("eps", .double(-1), "eps must be")]),
      (
        Adafactor(p),
        [
          ("beta2_decay", .double(0.5), "beta2_decay must be 0 or less, got 0.5"),
          ("eps", .list([.double(-1), .double(0)]), "the first eps must be 0 or more, got -1.0"),
          ("eps", .list([.none, .double(-1)]), "the second eps must be 0 or more, got -1.0"),
          ("d", .double(0.5), "d must be 1 or more, got 0.5"),
        ]
      ),
      (
        Adagrad(p),
        [("lr_decay", .double(-1), "lr_decay must be"), ("initial_accumulator_value", .double(-1), "initial_acc")]
      ),
      (Adamax(p), [("betas", .list([.double(1), .double(0)]), "betas must be from 0 to below 1, got (1.0, 0.0)")]),
      (ASGD(p), [("lambd", .double(-1), "lambd must be"), ("alpha", .double(-1), "alpha must be")]),
      (
        LBFGS(p),
        [("lr", .double(-1), "lr must be"), ("line_search_fn", .string("wolfe"), "line_search_fn 'wolfe' is unk")]
      ),
      (
        Muon(p),
        [
          ("momentum", .double(-1), "momentum must be"), ("ns_steps", .int(100), "ns_steps must be below 100, got 100"),
          ("adjust_lr_fn", .string("none"), "adjust_lr_fn 'none' is unknown"),
          ("ns_coefficients", .list([.double(1)]), "ns_coefficients must be three numbers"),
        ]
      ),
      (NAdam(p), [("momentum_decay", .double(-1), "momentum_decay must be 0 or more, got -1.0")]),
      (RAdam(p), [("weight_decay", .double(.nan), "weight_decay must be 0 or more, got nan")]),
      (RMSprop(p), [("alpha", .double(-1), "alpha must be"), ("momentum", .double(-1), "momentum must be")]),
      (
        Rprop(p),
        [("etas", .list([.double(1.1), .double(1.2)]), "etas must be between 0 and 1, and above 1, got (1.1, 1.2)")]
      ),
    ]
    for (optimizer, rules) in optimizers {
      #expect(complaint(optimizer, [:]) == nil)
      for (name, value, words) in rules {
        #expect(complaint(optimizer, [name: value])?.hasPrefix(words) == true, "\(type(of: optimizer)) \(name)")
      }
    }
  }

  @Test func refusals() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Muon([Tensor.ones(3, requiresGrad: true)])
      }, "Muon: only matrices can be trained, got a parameter [3]; train the others with AdamW")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let p = Tensor.ones(3, requiresGrad: true), q = Tensor.ones(3, requiresGrad: true)
        _ = LBFGS([ParamGroup([p]), ParamGroup([q])])
      }, "LBFGS: has one set of options for all parameters, got 2 groups")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        LBFGS([Tensor.ones(3, requiresGrad: true)]).step()
      }, "LBFGS: computes the loss several times in a step; call step with a closure")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = NAdam([Tensor.ones(3, requiresGrad: true)], betas: (0.9, 1))
      }, "NAdam: betas must be from 0 to below 1, got (0.9, 1.0)")
  }

  /// As in torch, Adagrad's sums are there before the first step, and a factored state has shapes of its own.
  @Test func statesOfTheirOwnShapes() throws {
    let p = Tensor.ones(2, 3, requiresGrad: true)
    let adagrad = Adagrad([p], initialAccumulatorValue: 0.5).stateDict()
    #expect(adagrad.state[0]?["sum"]?.tensor?.array(Double.self) == Array(repeating: 0.5, count: 6))
    #expect(adagrad.state[0]?["step"]?.double == 0)

    let adafactor = Adafactor([p])
    p.grad = Tensor.ones(2, 3)
    adafactor.step()
    var state = adafactor.stateDict()
    #expect(
      state.state[0]?["row_var"]?.tensor?.shape == [2, 1] && state.state[0]?["col_var"]?.tensor?.shape == [1, 3])
    state.state[0]?["row_var"] = .tensor(Tensor.ones(2, 3))
    let error = #expect(throws: OptimizerStateError.self) { try Adafactor([p]).loadStateDict(state) }
    #expect(
      error?.description
        == "Adafactor: row_var of parameter 0 is [2, 3], for parameter [2, 3] it must be [2, 1]")
  }

  /// A closure that fails leaves through the step.
  @Test func closuresMayThrow() {
    struct Failure: Error {}
    let p = Tensor.ones(2, requiresGrad: true)
    for optimizer in [LBFGS([p]), SGD([p])] as [Optimizer] {
      #expect(throws: Failure.self) { () throws in _ = try optimizer.step { () throws in throw Failure() } }
    }
  }

  /// The pass over memory gives the bits of the single ops, in both dtypes, and for every rest of a vector.
  ///
  /// A process of its own: other tests change the instruction set of this one.
  @Test func onePassGivesTheSameBits() async {
    await #expect(processExitsWith: .success) {
      let runs = try golden("optim")["runs"] as! [[String: Any]]
      for run in runs where !["Muon", "Adafactor", "LBFGS"].contains(run["kind"] as! String) {
        let kind = run["kind"] as! String, options = run["options"] as! [String: Any]
        for (dtype, count) in [(DType.float32, 37), (.float32, 70_003), (.float64, 37), (.float64, 9)] {
          let dense = walk(kind, options, dtype, count, dense: true)
          let single = walk(kind, options, dtype, count, dense: false)
          let differing = zip(dense, single).count { $0 != $1 }
          if dense.count != count || differing > 0 {
            fatalError("\(kind) \(options) \(dtype): \(differing) of \(count) differ")
          }
        }
      }
    }
  }

  /// Half types take the same way, up to their rounding.
  @Test(arguments: [
    "Adadelta", "Adafactor", "Adagrad", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop", "LBFGS",
  ])
  func halfTypes(_ kind: String) {
    func run(_ dtype: DType) -> [Double] {
      let p = (Tensor.arange(12, dtype: .float64) / 6 - 1).to(dtype).detach().requiresGrad_()
      let optimizer = makeOptimizer(kind, ["lr": 0.05], [p])
      for _ in 0..<4 {
        optimizer.step {
          optimizer.zeroGrad()
          let loss = (p - 1).pow(2).sum()
          loss.backward()
          return loss
        }
      }
      return p.detach().array(Double.self)
    }
    let whole = run(.float64)
    for (dtype, tolerance) in [(DType.bfloat16, 0.05), (.float16, 0.01)] {
      #expect(distance(run(dtype), whole) < tolerance, "\(kind) \(dtype)")
    }
  }
}
