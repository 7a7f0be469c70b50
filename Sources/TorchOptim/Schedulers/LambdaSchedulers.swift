import Torch

/// What the schedulers of functions share: one function for each group.
public class FunctionLR: LRScheduler {
  let lrLambdas: [(Int) -> Double]

  init(_ optimizer: Optimizer, lambdas: [(Int) -> Double], lastEpoch: Int) {
    lrLambdas = lambdas
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  static func checked(_ lambdas: [(Int) -> Double], _ optimizer: Optimizer) -> [(Int) -> Double] {
    let groups = optimizer.paramGroups.count
    if lambdas.count != groups { fault("\(Self.self)", "got \(lambdas.count) functions for \(groups) groups") }
    return lambdas
  }

  /// As torch's: functions are not saved.
  public override var stateFields: [SchedulerField] {
    super.stateFields + [.constant("lr_lambdas", .list(lrLambdas.map { _ in .none }))]
  }
}

/// Sets the rates to the initial ones times a function of the epoch, as `torch.optim.lr_scheduler.LambdaLR`.
public final class LambdaLR: FunctionLR {
  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - lrLambda: of the epoch, from 0; gives the factor.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  public init(_ optimizer: Optimizer, lrLambda: @escaping (Int) -> Double, lastEpoch: Int = -1) {
    super.init(optimizer, lambdas: optimizer.paramGroups.map { _ in lrLambda }, lastEpoch: lastEpoch)
  }

  /// A function for each group.
  /// - Precondition: as many functions as groups.
  public init(_ optimizer: Optimizer, lrLambda: [(Int) -> Double], lastEpoch: Int = -1) {
    super.init(optimizer, lambdas: Self.checked(lrLambda, optimizer), lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] { zip(lrLambdas, baseLRs).map { $1 * $0(lastEpoch) } }
}

/// Multiplies the rates by a function of the epoch, as `torch.optim.lr_scheduler.MultiplicativeLR`.
public final class MultiplicativeLR: FunctionLR {
  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - lrLambda: of the epoch, from 1; gives the factor.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  public init(_ optimizer: Optimizer, lrLambda: @escaping (Int) -> Double, lastEpoch: Int = -1) {
    super.init(optimizer, lambdas: optimizer.paramGroups.map { _ in lrLambda }, lastEpoch: lastEpoch)
  }

  /// A function for each group.
  /// - Precondition: as many functions as groups.
  public init(_ optimizer: Optimizer, lrLambda: [(Int) -> Double], lastEpoch: Int = -1) {
    super.init(optimizer, lambdas: Self.checked(lrLambda, optimizer), lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] {
    isInitial ? rates : zip(lrLambdas, rates).map { $1 * $0(lastEpoch) }
  }
}
