import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What changes an optimizer's learning rates with time, as `torch.optim.lr_scheduler.LRScheduler`.
///
/// Making a scheduler sets the rates of the first epoch; ``step()`` after the optimizer's steps of an epoch sets those of
/// the next. Rates are made of the rates that the groups have, as in torch, so that several schedulers of one optimizer,
/// and changes by hand, work together.
///
/// ```swift
/// let scheduler = StepLR(optimizer, stepSize: 10, gamma: 0.1)
/// for epoch in 0..<100 {
///   train(model, optimizer)
///   scheduler.step()
/// }
/// ```
///
/// A subclass overrides ``getLR()``, and ``stateFields`` where it has a state of its own.
open class LRScheduler {
  /// The optimizer whose groups are changed.
  public let optimizer: Optimizer
  /// The rate that each group started with: what stands in its options as `"initial_lr"`.
  public internal(set) var baseLRs: [Double] = []
  /// How many epochs are over.
  public internal(set) var lastEpoch: Int
  /// The rates set last, one for each group, as `get_last_lr()` gives them.
  public internal(set) var lastLR: [Double] = []
  /// How often ``step()`` was called, with the call that making the scheduler is.
  var stepCount = 0
  /// Whether the scheduler is being made.
  public internal(set) var isInitial = false
  // torch's flags, which its state dicts hold.
  private var isWithinStep = false

  /// Remembers each group's rate as `"initial_lr"` and sets the rates of the first epoch.
  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  /// - Precondition: where a run goes on, every group has an `"initial_lr"`: load the optimizer's state first.
  public init(_ optimizer: Optimizer, lastEpoch: Int = -1) {
    self.optimizer = optimizer
    self.lastEpoch = lastEpoch
    for (index, group) in optimizer.paramGroups.enumerated() where group.options["initial_lr"] == nil {
      if lastEpoch != -1 {
        fault(
          "\(Self.self)",
          "group \(index) has no initial_lr to go on from epoch \(lastEpoch); load the optimizer's state before, or "
            + "leave lastEpoch out for a new run")
      }
      optimizer.paramGroups[index].options["initial_lr"] = .double(group.lr)
    }
    baseLRs = optimizer.paramGroups.map { $0.number("initial_lr") }
    if !optimizer.isScheduled {
      optimizer.isScheduled = true
      optimizer.wasStepped = false
    }
    initialStep()
  }

  /// A scheduler that leaves the rates as they are until it is stepped.
  init(quiet optimizer: Optimizer, lastEpoch: Int) {
    self.optimizer = optimizer
    self.lastEpoch = lastEpoch
  }

  /// The rates of the epoch ``lastEpoch``, made of the groups' present ones.
  open func getLR() -> [Double] { fault("\(Self.self)", "a scheduler must override getLR()") }

  /// The rates of the epoch ``lastEpoch``, made of ``baseLRs``; nil where there is no such formula.
  ///
  /// A sequence starts a scheduler with it.
  open func closedFormLR() -> [Double]? { nil }

  /// Sets the rates of the next epoch. Call it after the optimizer's steps.
  open func step() {
    if stepCount == 1 && !optimizer.wasStepped {
      warn(
        "\(Self.self): step() of a scheduler before the first step() of its optimizer skips the first learning rate; "
          + "call optimizer.step() first")
    }
    stepCount += 1
    advance()
  }

  func initialStep() {
    stepCount = 0
    isInitial = true
    step()
    isInitial = false
  }

  /// Goes to the next epoch, or to a given one.
  func advance(to epoch: Int? = nil) {
    lastEpoch = epoch ?? lastEpoch + 1
    set(epoch == nil ? getLR() : closedFormLR() ?? getLR())
  }

  /// Gives each group its rate.
  func set(_ rates: [Double]) {
    let count = optimizer.paramGroups.count
    guard rates.count == count else {
      fault(
        "\(Self.self)",
        "has rates for \(rates.count) groups, the optimizer has \(count); add groups before the scheduler is made")
    }
    for (index, rate) in rates.enumerated() { optimizer.paramGroups[index].lr = rate }
    lastLR = rates
  }

  /// The groups' present rates.
  var rates: [Double] { optimizer.paramGroups.map(\.lr) }

  /// What a state dict holds, by PyTorch's names.
  open var stateFields: [SchedulerField] {
    [
      .init("base_lrs", self, \.baseLRs), .init("last_epoch", self, \.lastEpoch),
      .init("_step_count", self, \.stepCount),
      .init("_last_lr", self, \.lastLR), .init("_is_initial", self, \.isInitial),
      .init("_get_lr_called_within_step", self, \.isWithinStep),
    ]
  }

  /// The state, in the layout of torch's `state_dict()`. Save it beside the optimizer's.
  public func stateDict() -> SchedulerState { stateFields.saved() }

  /// Takes over a saved state: a scheduler made with the same arguments goes on exactly.
  ///
  /// Load the optimizer's state after making the scheduler, since making it sets rates. Unknown entries are left alone.
  /// - Throws: ``SchedulerStateError`` with every entry that is missing or of a wrong kind; nothing is changed then.
  public func loadStateDict(_ state: SchedulerState) throws(SchedulerStateError) {
    try stateFields.load(state, "\(Self.self)")
  }
}

/// Writes a line about something doubtful on standard error.
func warn(_ text: String) {
  var line = "warning: \(text)\n"
  line.withUTF8 { bytes in _ = write(2, bytes.baseAddress, bytes.count) }
}
