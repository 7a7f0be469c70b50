import Torch

/// How often each class was taken for each: counts over all batches, and the measures that follow from them.
///
/// ```swift
/// var matrix = ConfusionMatrix(classes: 10)
/// for (x, y) in loader { matrix.add(model(x), y) }
/// print(matrix.accuracy, matrix.average(.macro).f1)
/// print(matrix.report(names: digits))
/// ```
///
/// Definitions are scikit-learn's with `zero_division=0` and `labels=range(classes)`: a share of nothing is 0, and a
/// class that never occurs counts in the macro average.
public struct ConfusionMatrix: Sendable, Hashable {
  /// Precision, recall and F1, of a class or averaged.
  public struct Scores: Sendable, Hashable {
    /// The share of what was taken for the class that is of it.
    public let precision: Double
    /// The share of the class that was taken for it.
    public let recall: Double
    /// The harmonic mean of the two.
    public let f1: Double
  }

  /// How the scores of the classes make one.
  public enum Average: Sendable, Hashable {
    /// Every class counts alike.
    case macro
    /// Every sample counts alike; where each has one class, all three are the accuracy.
    case micro
    /// Every class counts as often as it occurs.
    case weighted
  }

  /// Over what the shares of ``normalized(over:)`` are.
  public enum Norm: Sendable, Hashable {
    /// Each true class, a row, makes one: the diagonal is recall.
    case truth
    /// Each predicted class, a column, makes one: the diagonal is precision.
    case prediction
    /// The whole makes one.
    case all
  }

  /// How many classes there are.
  public let classes: Int
  /// The counts row by row: true class after true class.
  public private(set) var counts: [Int]

  /// An empty matrix.
  /// - Precondition: `classes` is positive.
  public init(classes: Int) {
    if classes < 1 { fault("ConfusionMatrix", "wants one class or more, got \(classes)") }
    let (size, overflow) = classes.multipliedReportingOverflow(by: classes)
    if overflow { fault("ConfusionMatrix", "has no room for \(classes) classes") }
    self.classes = classes
    counts = Array(repeating: 0, count: size)
  }

  /// Counts a batch.
  /// - Parameters:
  ///   - predictions: scores of each class, of which the largest is taken, or the classes themselves.
  ///   - labels: the true classes.
  /// - Shape: predictions `[batch, classes]` or, of a whole-number dtype, `[batch]`; labels `[batch]`.
  /// - Precondition: one label for each row; every class is in `0..<classes`.
  public mutating func add(_ predictions: Tensor, _ labels: Tensor) {
    let areScores = predictions.ndim == 2 && predictions.shape[1] == classes
    let areClasses = predictions.ndim == 1 && !predictions.dtype.isFloatingPoint
    guard areScores || areClasses, labels.ndim == 1, !labels.dtype.isFloatingPoint,
      predictions.shape[0] == labels.shape[0]
    else {
      fault(
        "ConfusionMatrix.add",
        """
        wants scores [batch, \(classes)] or whole-number classes [batch], and whole-number labels [batch]; got \
        \(predictions.shape.brackets) \(predictions.dtype.name) and \(labels.shape.brackets) \(labels.dtype.name)
        """)
    }
    let predicted = noGrad { areScores ? predictions.argmax(dim: 1) : predictions }.array(Int.self)
    for (label, prediction) in zip(labels.array(Int.self), predicted) {
      for found in [label, prediction] where !(0..<classes).contains(found) {
        fault("ConfusionMatrix.add", "class \(found) is out of range for \(classes) classes")
      }
      counts[label * classes + prediction] += 1
    }
  }

  /// Adds the counts of another matrix of as many classes: that of another part of the data.
  public static func += (left: inout ConfusionMatrix, right: ConfusionMatrix) {
    if left.classes != right.classes {
      fault("ConfusionMatrix", "of \(left.classes) classes cannot take one of \(right.classes)")
    }
    for index in left.counts.indices { left.counts[index] += right.counts[index] }
  }

  /// Empties it for the next epoch.
  public mutating func reset() { self = ConfusionMatrix(classes: classes) }

  /// How often samples of class `truth` were taken for class `prediction`.
  public subscript(truth: Int, prediction: Int) -> Int {
    guard (0..<classes).contains(truth), (0..<classes).contains(prediction) else {
      fault("ConfusionMatrix", "[\(truth), \(prediction)] is out of range for \(classes) classes")
    }
    return counts[truth * classes + prediction]
  }

  /// How many samples were counted.
  public var total: Int { counts.reduce(0, +) }

  /// The share of samples that were read right; NaN where there are none.
  public var accuracy: Double { total == 0 ? .nan : Double(correct.reduce(0, +)) / Double(total) }

  /// How many samples of each class there were.
  public var support: [Int] { (0..<classes).map { counts[($0 * classes)..<(($0 + 1) * classes)].reduce(0, +) } }

  /// How often each class was predicted.
  public var predicted: [Int] {
    (0..<classes).map { column in stride(from: column, to: counts.count, by: classes).reduce(0) { $0 + counts[$1] } }
  }

  /// How many samples of each class were read right.
  public var correct: [Int] { (0..<classes).map { counts[$0 * (classes + 1)] } }

  /// The scores of each class.
  public var scores: [Scores] {
    zip(correct, zip(predicted, support)).map { correct, sizes in
      Scores(
        precision: share(correct, sizes.0), recall: share(correct, sizes.1),
        // 2 p r / (p + r) in whole numbers: right where one of the two is a share of nothing.
        f1: share(2 * correct, sizes.0 + sizes.1))
    }
  }

  /// The precision of each class.
  public var precision: [Double] { scores.map(\.precision) }
  /// The recall of each class.
  public var recall: [Double] { scores.map(\.recall) }
  /// The F1 of each class.
  public var f1: [Double] { scores.map(\.f1) }

  /// The scores of all classes in one.
  public func average(_ average: Average) -> Scores {
    let weights: [Int]
    switch average {
    case .micro:
      let part = share(correct.reduce(0, +), total)
      return Scores(precision: part, recall: part, f1: part)
    case .macro: weights = Array(repeating: 1, count: classes)
    case .weighted: weights = support
    }
    let sum = Double(weights.reduce(0, +))
    let scores = scores
    func mean(_ score: KeyPath<Scores, Double>) -> Double {
      sum == 0 ? 0 : zip(weights, scores).reduce(0) { $0 + Double($1.0) * $1.1[keyPath: score] } / sum
    }
    return Scores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1))
  }

  /// The counts as shares, row by row; where there is nothing to share, 0.
  public func normalized(over norm: Norm = .truth) -> [[Double]] {
    let (rows, columns, all) = (support, predicted, total)
    return (0..<classes).map { truth in
      (0..<classes).map { prediction in
        let whole =
          switch norm {
          case .truth: rows[truth]
          case .prediction: columns[prediction]
          case .all: all
          }
        return share(counts[truth * classes + prediction], whole)
      }
    }
  }

  /// The scores of the classes and their averages as a table, like scikit-learn's `classification_report`.
  /// - Parameters:
  ///   - names: what to call the classes; their numbers where names are missing.
  ///   - places: digits after the point.
  public func report(names: [String] = [], places: Int = 3) -> TextTable {
    var table = TextTable(["class", "precision", "recall", "F1", "support"])
    func append(_ name: String, _ scores: Scores, _ support: Int) {
      let numbers = [scores.precision, scores.recall, scores.f1].map { fixed($0, places) }
      table.append([name] + numbers + ["\(support)"])
    }
    for (index, (scores, support)) in zip(scores, support).enumerated() {
      append(index < names.count ? names[index] : "class \(index)", scores, support)
    }
    append("micro average", average(.micro), total)
    append("macro average", average(.macro), total)
    append("weighted average", average(.weighted), total)
    return table
  }

  private func share(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
