/// Several classifiers that answer as one, by the mean of their probabilities or by a vote.
///
/// ```swift
/// let ensemble = Ensemble([first, second, third]).eval()
/// let classes = noGrad { ensemble(x).argmax(dim: 1) }
/// ```
/// The answer is a distribution over classes: every row sums to one. scikit-learn's `VotingClassifier` counts alike;
/// where votes are equal, `argmax` takes the lower class.
public final class Ensemble: Module, Layer {
  /// How the members' answers make one.
  public enum Vote: String, Sendable, Hashable {
    /// The mean of the probabilities.
    case soft
    /// The share of members whose largest score stands at the class; without gradients.
    case hard
  }

  /// The members; they may differ in all but the count of classes.
  public let models: [any Layer]
  /// How their answers make one.
  public let vote: Vote
  /// What each member counts; the sum is one.
  public let weights: [Double]

  /// - Parameters:
  ///   - models: classifiers that give scores (logits) `[batch, classes]`.
  ///   - vote: how their answers make one, `.soft` unless told.
  ///   - weights: what each member counts, in any unit; alike unless told.
  /// - Shape: the input that all members take, to `[batch, classes]`.
  /// - Precondition: one member or more; as many weights, none negative, not all 0.
  public init(_ models: [any Layer], vote: Vote = .soft, weights: [Double]? = nil) {
    if models.isEmpty { fault("Ensemble", "wants one model or more") }
    let given = weights ?? models.map { _ in 1 }
    let sum = given.reduce(0, +)
    guard given.count == models.count, given.allSatisfy({ $0 >= 0 }), sum > 0, sum.isFinite else {
      fault("Ensemble", "wants \(models.count) weights, none negative, not all 0; got \(given)")
    }
    self.models = models
    self.vote = vote
    self.weights = given.map { $0 / sum }
  }

  public override func copied(_ copy: ModuleCopier) -> Module {
    Ensemble(models.map { copy($0) }, vote: vote, weights: weights)
  }

  public func forward(_ x: Tensor) -> Tensor {
    var mean: Tensor?
    for (model, weight) in zip(models, weights) {
      let scores = model(x)
      if scores.ndim != 2 { fault("Ensemble", "wants scores [batch, classes], got \(scores.shape.brackets)") }
      if let mean, mean.shape != scores.shape {
        fault("Ensemble", "its models give \(mean.shape.brackets) and \(scores.shape.brackets); all must give the same")
      }
      let part = weight * answer(scores)
      mean = mean.map { $0 + part } ?? part
    }
    return mean!
  }

  private func answer(_ scores: Tensor) -> Tensor {
    switch vote {
    case .soft: scores.softmax(dim: 1)
    case .hard: noGrad { F.oneHot(scores.argmax(dim: 1), numClasses: scores.shape[1]).to(scores.dtype) }
    }
  }

  public override var extraRepr: String { "vote=\(vote.rawValue)" }
}
