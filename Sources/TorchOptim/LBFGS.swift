import Torch

/// How ``LBFGS`` finds the length of its steps.
public enum LineSearch: String, Sendable {
  /// A search along the direction until the strong Wolfe conditions hold.
  case strongWolfe = "strong_wolfe"
}

/// A quasi-Newton method that remembers a few last steps, as `torch.optim.LBFGS`.
///
/// One step computes the loss several times, so it is taken with the closure that does so:
///
/// ```swift
/// optimizer.step {
///   optimizer.zeroGrad()
///   let loss = criterion(model(x), y)
///   loss.backward()
///   return loss
/// }
/// ```
///
/// Liu and Nocedal, *On the Limited Memory BFGS Method for Large Scale Optimization*, 1989.
public final class LBFGS: Optimizer {
  /// Trains parameters, all in one group.
  /// - Parameters:
  ///   - params: the tensors to train, of one dtype and device.
  ///   - lr: the length of a step, in the measure of the method; with a line search, its first guess.
  ///   - maxIter: the most iterations of a step.
  ///   - maxEval: the most computations of the loss in a step; 5/4 of `maxIter` where nil.
  ///   - toleranceGrad: a step ends when no element of the gradient is larger.
  ///   - toleranceChange: a step ends when the loss or the weights change by less.
  ///   - historySize: how many last steps are remembered.
  ///   - lineSearchFn: how the length of an iteration is found; `lr` alone where nil.
  ///   - maximize: whether the objective is made larger.
  /// - Precondition: there is one group; `lr` is not negative.
  public init(
    _ params: [some Trainable], lr: Double = 1, maxIter: Int = 20, maxEval: Int? = nil, toleranceGrad: Double = 1e-7,
    toleranceChange: Double = 1e-9, historySize: Int = 100, lineSearchFn: LineSearch? = nil, maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "max_iter": .int(maxIter), "max_eval": .int(maxEval ?? maxIter * 5 / 4),
        "tolerance_grad": .double(toleranceGrad), "tolerance_change": .double(toleranceChange),
        "history_size": .int(historySize), "line_search_fn": lineSearchFn.map { .string($0.rawValue) } ?? .none,
        "maximize": .bool(maximize),
      ])
    if paramGroups.count != 1 {
      fault("LBFGS", "has one set of options for all parameters, got \(paramGroups.count) groups")
    }
  }

  public override var savesStep: Bool { false }

  public override func complaint(about group: ParamGroup) -> String? {
    if let name = group.options["line_search_fn"]?.string, LineSearch(rawValue: name) == nil {
      return "line_search_fn '\(name)' is unknown; there is strong_wolfe"
    }
    return Self.negative(group, ["lr"])
  }

  /// The state of all parameters stands with the first one, in flat tensors.
  public override func stateShape(_ key: String, of param: Tensor) -> Shape? {
    key == "d" || key == "prev_flat_grad" ? [count] : nil
  }

  private var params: [Tensor] { paramGroups[0].params }
  private var count: Int { params.reduce(0) { $0 + $1.numel() } }

  public override func step() {
    fault("LBFGS", "computes the loss several times in a step; call step with a closure that returns the loss")
  }

  /// Takes one step of up to `maxIter` iterations; returns the loss before it.
  /// - Parameter closure: clears the gradients, computes the loss, calls `backward()` on it and returns it.
  @discardableResult
  public override func step(_ closure: () throws -> Tensor) rethrows -> Tensor {
    wasStepped = true
    guard paramGroups.count == 1 else {
      fault("LBFGS", "has one set of options for all parameters, got \(paramGroups.count) groups")
    }
    guard let first = params.first else { return try enableGrad { () throws in try closure() } }
    var run = Run(paramGroups[0], state(of: first))
    return try inRegion("Optimizer.step#LBFGS.step") { () throws in
      try noGrad { () throws in
        let loss = try enableGrad { () throws in try closure() }
        try run.step(from: loss) { () throws in try enableGrad { () throws in try closure() } }
        return loss
      }
    }
  }
}

extension LBFGS {
  /// The loss and the gradient at a point, both turned where the objective is made larger.
  struct Point {
    var loss: Double
    var gradient: Tensor
    /// The gradient along the direction of search.
    var slope = 0.0
  }

  /// One step: its options, what is remembered, and the way through its iterations.
  private struct Run {
    let params: [Tensor]
    let state: ParamState
    let lr: Double, maxIter: Int, maxEval: Int, historySize: Int
    let toleranceGrad: Double, toleranceChange: Double
    let searches: Bool, maximize: Bool

    init(_ group: ParamGroup, _ state: ParamState) {
      params = group.params
      self.state = state
      lr = group.lr
      maxIter = group.options["max_iter"]?.int ?? 20
      maxEval = group.options["max_eval"]?.int ?? 25
      historySize = group.options["history_size"]?.int ?? 100
      toleranceGrad = group.number("tolerance_grad")
      toleranceChange = group.number("tolerance_change")
      searches = group.options["line_search_fn"]?.string != nil
      maximize = group.maximize
    }

    private var dtype: DType { params[0].dtype }

    /// A number as a tensor of the parameters' dtype holds it.
    private func held(_ number: Double) -> Double {
      switch dtype {
      case .float64: number
      case .float32: Double(Float(number))
      default: Tensor(number, dtype: dtype).item()
      }
    }

    /// The parameters' gradients in one row.
    private func gradient() -> Tensor {
      let flat = Tensor.cat(
        params.map { param in
          param.grad?.detach().to(param.device, param.dtype).reshape(-1) ?? Tensor.zeros(like: param).view(-1)
        })
      return maximize ? -flat : flat
    }

    private func point(_ loss: Tensor) -> Point {
      let value: Double = loss.item()
      return Point(loss: maximize ? -value : value, gradient: gradient())
    }

    private func move(_ length: Double, _ direction: Tensor) {
      var offset = 0
      for param in params {
        let part = direction.narrow(dim: 0, start: offset, length: param.numel()).view(as: param)
        param.add_(part, alpha: length)
        offset += param.numel()
      }
    }

    private func isFlat(_ point: Point) -> Bool { point.gradient.abs().max().item() <= toleranceGrad }

    private func tensors(_ key: String) -> [Tensor] {
      (state.values[key]?.list ?? []).compactMap { $0.tensor?.to(params[0].device, dtype) }
    }

    private func dot(_ a: Tensor, _ b: Tensor) -> Double { a.dot(b).item() }

    mutating func step(from loss: Tensor, again closure: () throws -> Tensor) rethrows {
      var here = point(loss)
      var evaluations = 1
      var total = (state.values["func_evals"]?.int ?? 0) + 1, iterations = state.values["n_iter"]?.int ?? 0
      state.values["func_evals"] = .int(total)
      state.values["n_iter"] = .int(iterations)
      if isFlat(here) { return }

      var direction = state.tensors["d"]?.to(params[0].device, dtype)
      var before = state.tensors["prev_flat_grad"]?.to(params[0].device, dtype)
      var length = state.values["t"]?.double ?? 0, lastLoss = state.values["prev_loss"]?.double ?? 0
      var turns = tensors("old_dirs"), steps = tensors("old_stps")
      var inverses = (state.values["ro"]?.list ?? []).compactMap(\.double)
      var scale = state.values["H_diag"]?.double ?? 1
      var shares = state.values["al"]?.list
      guard turns.count == steps.count, steps.count == inverses.count else {
        fault(
          "LBFGS",
          "its state has \(turns.count) old_dirs, \(steps.count) old_stps and \(inverses.count) ro; it was not saved by LBFGS"
        )
      }

      for iteration in 1...max(1, maxIter) where maxIter > 0 {
        iterations += 1
        if iterations == 1 || before == nil || direction == nil {
          direction = -here.gradient
          (turns, steps, inverses, scale) = ([], [], [], 1)
        } else if let last = before, let way = direction {
          let turn = here.gradient - last, step = way * length
          let product = dot(turn, step)
          if product > 1e-10 {
            if turns.count == historySize, !turns.isEmpty {
              turns.removeFirst()
              steps.removeFirst()
              inverses.removeFirst()
            }
            turns.append(turn)
            steps.append(step)
            inverses.append(held(1 / product))
            scale = held(product / dot(turn, turn))
          }
          // The two loops of the method: the direction that the remembered steps suggest.
          var weights = [Double](repeating: 0, count: turns.count)
          let q = -here.gradient
          for i in turns.indices.reversed() {
            weights[i] = held(dot(steps[i], q) * inverses[i])
            q.add_(turns[i], alpha: -weights[i])
          }
          let r = q * scale
          for i in turns.indices {
            let back = held(dot(turns[i], r) * inverses[i])
            r.add_(steps[i], alpha: held(weights[i] - back))
          }
          direction = r
          var all = shares ?? Array(repeating: .none, count: historySize)
          for (i, weight) in weights.enumerated() where i < all.count {
            all[i] = .tensor(Tensor(weight, dtype: dtype))
          }
          shares = all
        }
        guard let direction else { break }
        before = here.gradient.clone()
        lastLoss = here.loss
        length = iterations == 1 ? held(min(1, held(1 / here.gradient.abs().sum().item())) * lr) : lr
        here.slope = dot(here.gradient, direction)
        if here.slope > -toleranceChange { break }

        var spent = 0, isFlat = false
        if searches {
          let start = params.map { $0.detach().clone() }
          let search = WolfeSearch(start: here, direction: direction, toleranceChange: toleranceChange, held: held)
          let found = try search.run(from: length, limit: maxEval - evaluations) { length throws in
            move(length, direction)
            let there = try point(closure())
            for (param, old) in zip(params, start) { param.copy_(old) }
            return there
          }
          (here, length, spent) = (found.point, found.length, found.evaluations)
          move(length, direction)
          isFlat = self.isFlat(here)
        } else {
          move(length, direction)
          // The last point is not looked at: the next step begins there.
          if iteration != maxIter {
            here = try point(closure())
            isFlat = self.isFlat(here)
            spent = 1
          }
        }
        evaluations += spent
        total += spent
        if iteration == maxIter || evaluations >= maxEval || isFlat { break }
        if (direction * length).abs().max().item() <= toleranceChange { break }
        if (here.loss - lastLoss).magnitude < toleranceChange { break }
      }

      state.tensors["d"] = direction
      state.tensors["prev_flat_grad"] = before
      state.values["func_evals"] = .int(total)
      state.values["n_iter"] = .int(iterations)
      state.values["t"] = .double(length)
      state.values["old_dirs"] = .list(turns.map { .tensor($0) })
      state.values["old_stps"] = .list(steps.map { .tensor($0) })
      state.values["ro"] = .list(inverses.map { .tensor(Tensor($0, dtype: dtype)) })
      state.values["H_diag"] = turns.isEmpty ? .int(1) : .tensor(Tensor(scale, dtype: dtype))
      state.values["prev_loss"] = .double(lastLoss)
      if let shares { state.values["al"] = .list(shares) }
    }
  }
}
