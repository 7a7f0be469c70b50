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
  /// The share of rows whose label is among the `k` classes of largest scores, 0 to 1; NaN where there are no rows.
  /// - Parameters:
  ///   - scores: what a model says of each class.
  ///   - labels: int64 classes.
  ///   - k: how many classes of a row count, 5 unless told.
  /// - Shape: scores `[batch, classes]`, labels `[batch]`.
  /// - Precondition: one label for each row; `k` from 1 to the count of classes.
  public static func topKAccuracy(_ scores: Tensor, _ labels: Tensor, k: Int = 5) -> Double {
    guard scores.ndim == 2, labels.ndim == 1, scores.shape[0] == labels.shape[0] else {
      fault(
        "topKAccuracy",
        "wants scores [batch, classes] and labels [batch]; got \(scores.shape.brackets) and \(labels.shape.brackets)")
    }
    guard k >= 1, k <= scores.shape[1] else {
      fault(
        "topKAccuracy", "k \(k) is out of range for \(scores.shape[1]) classes; got scores \(scores.shape.brackets)")
    }
    return noGrad {
      // A label stands in a row once at most, so that the sum of a row is 1 or 0.
      scores.topk(k: k).indices.eq(labels.unsqueeze(1)).sum(dim: 1).to(.float64).mean().item()
    }
  }
}
