import Torch

/// What the schedulers of other schedulers share: the members and their states.
public class SchedulerGroup: LRScheduler {
  fileprivate let members: [LRScheduler]

  fileprivate init(_ optimizer: Optimizer, _ members: [LRScheduler], lastEpoch: Int, _ name: String) {
    if members.isEmpty { fault(name, "wants at least one scheduler") }
    for (index, member) in members.enumerated() where member.optimizer !== optimizer {
      fault(name, "scheduler \(index), \(type(of: member)), belongs to another optimizer")
    }
    self.members = members
    super.init(quiet: optimizer, lastEpoch: lastEpoch)
  }

  /// The members' states; one that does not fit is told by its place.
  fileprivate var memberStates: SchedulerField {
    SchedulerField(
      key: "_schedulers", get: { [members] in .list(members.map { .map($0.stateDict()) }) },
      setter: { [members] value in
        guard let states = value.list, states.count == members.count else { return nil }
        var all: [() -> Void] = []
        for (member, state) in zip(members, states) {
          guard let state = state.map else { return nil }
          let (set, missing, wrong) = member.stateFields.setters(state)
          guard missing.isEmpty && wrong.isEmpty else { return nil }
          all += set
        }
        return { [all] in for set in all { set() } }
      })
  }

  /// Takes back the epoch that making the innermost schedulers was.
  fileprivate func undo() {
    for member in members {
      if let group = member as? SchedulerGroup { group.undo() } else { member.lastEpoch -= 1 }
    }
  }

  public override func getLR() -> [Double] {
    fault("\(Self.self)", "cannot be started at a milestone of a SequentialLR, as in torch; put its members there")
  }
}

/// Steps several schedulers at once, so that their effects multiply, as `torch.optim.lr_scheduler.ChainedScheduler`.
public final class ChainedScheduler: SchedulerGroup {
  /// - Parameters:
  ///   - schedulers: the schedulers, made for one optimizer, in the order of their effects.
  ///   - optimizer: theirs; the first one's where nil.
  /// - Precondition: there is a scheduler; all belong to the optimizer.
  public init(_ schedulers: [LRScheduler], optimizer: Optimizer? = nil) {
    guard let optimizer = optimizer ?? schedulers.first?.optimizer else {
      fault("ChainedScheduler", "wants at least one scheduler")
    }
    super.init(optimizer, schedulers, lastEpoch: 0, "ChainedScheduler")
    lastLR = rates
  }

  public override func step() {
    for member in members { member.step() }
    lastLR = rates
  }

  public override var stateFields: [SchedulerField] { [.init("_last_lr", self, \.lastLR), memberStates] }
}

/// Steps one scheduler after another, as `torch.optim.lr_scheduler.SequentialLR`.
public final class SequentialLR: SchedulerGroup {
  private var milestones: [Int]

  /// Takes the rates back to the initial ones and starts the first scheduler.
  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - schedulers: the schedulers, made for this optimizer.
  ///   - milestones: the epochs at which the second and each later one starts.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  /// - Precondition: one milestone less than schedulers, and they rise; all schedulers belong to the optimizer.
  public init(_ optimizer: Optimizer, schedulers: [LRScheduler], milestones: [Int], lastEpoch: Int = -1) {
    if milestones.count != schedulers.count - 1 {
      fault(
        "SequentialLR",
        "wants one milestone less than schedulers, got \(milestones.count) and \(schedulers.count) schedulers")
    }
    self.milestones = milestones
    super.init(optimizer, schedulers, lastEpoch: lastEpoch + 1, "SequentialLR")
    for index in optimizer.paramGroups.indices {
      optimizer.paramGroups[index].lr = optimizer.paramGroups[index].number("initial_lr")
    }
    undo()
    let first = schedulers[place(of: 0)]
    first.initialStep()
    lastLR = first.lastLR
  }

  /// Which scheduler is at work in an epoch.
  private func place(of epoch: Int) -> Int { milestones.firstIndex { $0 > epoch } ?? milestones.count }

  public override func step() {
    lastEpoch += 1
    let place = place(of: lastEpoch), member = members[place]
    if place > 0, milestones[place - 1] == lastEpoch {
      member.advance(to: 0)
    } else {
      member.step()
    }
    lastLR = member.lastLR
  }

  public override var stateFields: [SchedulerField] {
    [
      .init("_milestones", self, \.milestones), .init("last_epoch", self, \.lastEpoch),
      .init("_last_lr", self, \.lastLR), memberStates,
    ]
  }
}
