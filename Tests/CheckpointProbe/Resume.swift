// Trainings that stop in the middle: every optimizer, each with another scheduler, so that every state is in a file.
// `Tools/checkpoints/resume.py` has the same cases for PyTorch, under the same names.

import Torch
import TorchNN
import TorchOptim

enum Resume {
  static let before = 4, after = 4

  struct Case {
    let name: String
    let optimizer: ([Tensor]) -> Optimizer
    let scheduler: (Optimizer) -> Scheduler
  }

  /// A scheduler of either kind.
  struct Scheduler {
    let step: (Tensor) -> Void
    let state: () -> any Savable
    let load: (Checkpoint) throws -> Void

    init(_ scheduler: LRScheduler) {
      step = { _ in scheduler.step() }
      state = { scheduler.stateDict() }
      load = { try scheduler.loadStateDict($0) }
    }

    init(_ scheduler: ReduceLROnPlateau) {
      step = { scheduler.step($0) }
      state = { scheduler.stateDict() }
      load = { try scheduler.loadStateDict($0) }
    }
  }

  private static func make(
    _ name: String, _ optimizer: @escaping ([Tensor]) -> Optimizer, _ scheduler: @escaping (Optimizer) -> LRScheduler
  ) -> Case {
    Case(name: name, optimizer: optimizer, scheduler: { Scheduler(scheduler($0)) })
  }

  static var cases: [Case] {
    [
      make("sgd", { SGD($0, lr: 0.1) }, { SWALR($0, swaLr: 0.05, annealEpochs: 5) }),
      make(
        "momentum", { SGD($0, lr: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true) }, { StepLR($0, stepSize: 3) }),
      make("adam", { Adam($0, lr: 0.01) }, { CosineAnnealingLR($0, tMax: 6) }),
      make(
        "adamw", { AdamW($0, lr: 0.01, amsgrad: true) }, { OneCycleLR($0, maxLr: 0.05, totalSteps: 12) }),
      make(
        "rmsprop", { RMSprop($0, lr: 0.01, momentum: 0.9, centered: true) },
        { MultiStepLR($0, milestones: [2, 5, 5], gamma: 0.5) }),
      make("adagrad", { Adagrad($0, lr: 0.1, lrDecay: 0.1) }, { ExponentialLR($0, gamma: 0.9) }),
      make("adadelta", { Adadelta($0) }, { LinearLR($0, totalIters: 6) }),
      make("adamax", { Adamax($0, lr: 0.01) }, { PolynomialLR($0, totalIters: 10, power: 2) }),
      make("nadam", { NAdam($0, lr: 0.01) }, { CosineAnnealingWarmRestarts($0, t0: 3) }),
      make("radam", { RAdam($0, lr: 0.01) }, { ConstantLR($0, totalIters: 5) }),
      make("asgd", { ASGD($0, lr: 0.05) }, { LambdaLR($0, lrLambda: { 1 / Double($0 + 1) }) }),
      make("rprop", { Rprop($0, lr: 0.01) }, { MultiplicativeLR($0, lrLambda: { _ in 0.9 }) }),
      make(
        "adafactor", { Adafactor($0, lr: 0.05) },
        { CyclicLR($0, baseLr: 0.01, maxLr: 0.1, stepSizeUp: 3, cycleMomentum: false) }),
      make(
        "muon", { Muon($0.filter { $0.ndim == 2 }, lr: 0.02) },
        { SequentialLR($0, schedulers: [ConstantLR($0, totalIters: 2), StepLR($0, stepSize: 2)], milestones: [3]) }),
      make(
        "chained", { SGD($0, lr: 0.1, momentum: 0.5) },
        { ChainedScheduler([ConstantLR($0, totalIters: 5), ExponentialLR($0, gamma: 0.9)]) }),
      Case(
        name: "lbfgs", optimizer: { LBFGS($0, lr: 0.1, maxIter: 4, historySize: 3) },
        scheduler: { Scheduler(ReduceLROnPlateau($0, factor: 0.5, patience: 0)) }),
    ]
  }

  /// One training, at some step.
  final class Run {
    let model: Sequential
    let optimizer: Optimizer
    let scheduler: Scheduler
    let scaler = GradScaler(initScale: 1024, growthInterval: 3)
    let average: AveragedModel
    let scales: Bool

    init(_ one: Case) {
      manualSeed(7)
      // No bias before the norm, which takes it away: its gradient is rounding alone, which Adam would make steps of.
      model = Sequential(Linear(4, 6, bias: false), BatchNorm1d(6), ReLU(), Linear(6, 3))
      // Its curvatures are quotients of small differences, in float32 mostly rounding.
      if one.name == "lbfgs" { model.to(.float64) }
      optimizer = one.optimizer(model.parameters())
      scheduler = one.scheduler(optimizer)
      average = AveragedModel(model, avgFn: .ema(decay: 0.9))
      // Its closure computes several losses, whose scale may not change between.
      scales = one.name != "lbfgs"
    }

    /// The losses of some steps, each on new random numbers.
    func train(_ steps: Int) -> [Double] {
      (0..<steps).map { _ in
        let x = Tensor.randn(8, 4).to(model.parameters()[0].dtype), y = Tensor.randint(0, 3, [8])
        let criterion = CrossEntropyLoss()
        let loss: Tensor
        if scales {
          optimizer.zeroGrad()
          loss = criterion(model(x), y)
          scaler.scale(loss).backward()
          scaler.step(optimizer)
          scaler.update()
        } else {
          loss = optimizer.step {
            optimizer.zeroGrad()
            let loss = criterion(model(x), y)
            loss.backward()
            return loss
          }
        }
        scheduler.step(loss.detach())
        average.updateParameters(model)
        return loss.item()
      }
    }

    /// A number that every weight of the average has a part in.
    var averageSum: Double {
      average.stateDict().reduce(0) { $0 + ($1.value.to(.float64).abs().sum().item() as Double) }
    }

    var saved: SavedValue {
      [
        "model": model.stateDict(), "optimizer": optimizer.stateDict(), "scheduler": scheduler.state().savedValue,
        "scaler": scaler.stateDict(), "average": average.stateDict(), "rng": getRNGState(),
      ]
    }

    func load(_ checkpoint: Checkpoint) throws {
      try model.loadStateDict(checkpoint["model"])
      try optimizer.loadStateDict(checkpoint["optimizer"])
      try scheduler.load(checkpoint["scheduler"])
      try scaler.loadStateDict(checkpoint["scaler"])
      try average.loadStateDict(checkpoint["average"])
      try setRNGState(checkpoint["rng"].tensor)
    }
  }

  static func train(_ path: String) throws {
    var files: [(any Savable, any Savable)] = []
    for one in cases {
      let run = Run(one)
      let first = run.train(before)
      // Through bytes, since the states share memory with the training that goes on.
      let middle = try Torch.load(bytes: saveToBytes(run.saved))
      let rest = run.train(after)
      files.append(
        (one.name, ["before": first, "after": rest, "averageSum": run.averageSum, "state": middle] as SavedValue))
    }
    try save(.dictionary(files), path)
  }

  static func resume(_ path: String) throws {
    let checkpoint = try Torch.load(path)
    for one in cases {
      let part = try checkpoint[one.name]
      let run = Run(one)
      try run.load(part["state"])
      var wanted: [Double] = []
      for loss in try part["after"].list { wanted.append(try loss.double) }
      wanted.append(try part["averageSum"].double)
      let found = run.train(after) + [run.averageSum]
      let difference = zip(found, wanted).map { abs($0 - $1) / max(abs($1), 1e-3) }.max() ?? .infinity
      tell("\(one.name) \(difference)")
    }
  }
}
