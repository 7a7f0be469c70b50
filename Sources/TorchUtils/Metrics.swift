import Torch

/// Measures of how well a model does.
public enum Metrics {
  /// The share of rows whose largest score stands at the label, 0 to 1; NaN where there are no rows.
  /// - Parameters:
  ///   - scores: what a model says of each class.
  ///   - labels: int64 classes.
  /// - Shape: scores `[batch, classes]`, labels `[batch]`.
  /// - Precondition: one label for each row.
  public static func accuracy(_ scores: Tensor, _ labels: Tensor) -> Double {
    guard scores.ndim == 2, labels.ndim == 1, scores.shape[0] == labels.shape[0] else {
      fault(
        "accuracy",
        "wants scores [batch, classes] and labels [batch]; got \(scores.shape.brackets) and \(labels.shape.brackets)")
    }
    return noGrad { scores.argmax(dim: 1).eq(labels).to(.float64).mean().item() }
  }
}
