// Measures of classifiers, by hand and against what Tools/goldens/metrics.py gives by scikit-learn's definitions.

import Testing
import Torch
import TorchUtils

@Suite struct MetricsTests {
  private let truth = [0, 0, 0, 1, 1, 2, 2, 2, 2, 4]
  private let guesses = [0, 1, 0, 1, 1, 2, 0, 2, 1, 3]

  /// Two batches, one as classes and one as scores.
  private var matrix: ConfusionMatrix {
    var matrix = ConfusionMatrix(classes: 5)
    matrix.add(Tensor(Array(guesses[..<6])), Tensor(Array(truth[..<6])))
    matrix.add(Tensor.eye(5)[Tensor(Array(guesses[6...]))], Tensor(Array(truth[6...])))
    return matrix
  }

  private func isClose(_ found: [Double], _ wanted: [Double]) -> Bool {
    found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-15 }
  }

  @Test func countsTheTopK() {
    let scores = Tensor([[0.1, 0.5, 0.4], [0.8, 0.15, 0.05], [0.3, 0.3, 0.4], [0.2, 0.7, 0.1]])
    let labels = Tensor([2, 0, 0, 2])
    #expect(Metrics.topKAccuracy(scores, labels, k: 1) == 0.25)
    #expect(Metrics.topKAccuracy(scores, labels, k: 1) == Metrics.accuracy(scores, labels))
    #expect(Metrics.topKAccuracy(scores[0..<2], labels[0..<2], k: 2) == 1)
    #expect(Metrics.topKAccuracy(scores, labels, k: 3) == 1)
    #expect(Metrics.topKAccuracy(scores[1..<2], Tensor([2]), k: 2) == 0)
    #expect(Metrics.topKAccuracy(Tensor.zeros(0, 3), Tensor.zeros(0, dtype: .int64), k: 2).isNaN)
  }

  @Test func countsPairs() {
    let matrix = matrix
    #expect(
      matrix.counts == [
        2, 1, 0, 0, 0, /**/ 0, 2, 0, 0, 0, /**/ 1, 1, 2, 0, 0, /**/ 0, 0, 0, 0, 0, /**/ 0, 0, 0, 1, 0,
      ])
    #expect(matrix[2, 1] == 1 && matrix[1, 2] == 0)
    #expect(matrix.support == [3, 2, 4, 0, 1] && matrix.predicted == [3, 4, 2, 1, 0] && matrix.total == 10)
    #expect(matrix.accuracy == 0.6)
    var twice = matrix
    twice += matrix
    #expect(twice.counts == matrix.counts.map { $0 * 2 } && twice.accuracy == 0.6)
    twice.reset()
    #expect(twice == ConfusionMatrix(classes: 5) && twice.accuracy.isNaN)
  }

  /// Class 3 never occurs and class 4 is never predicted: shares of nothing are 0.
  @Test func scoresClasses() {
    let matrix = matrix
    #expect(isClose(matrix.precision, [2.0 / 3, 0.5, 1, 0, 0]))
    #expect(isClose(matrix.recall, [2.0 / 3, 1, 0.5, 0, 0]))
    #expect(isClose(matrix.f1, [2.0 / 3, 2.0 / 3, 2.0 / 3, 0, 0]))
  }

  @Test func averages() {
    // Printed by Tools/goldens/metrics.py.
    let goldens: [(ConfusionMatrix.Average, [Double])] = [
      (.macro, [0.4333333333333333, 0.4333333333333333, 0.4]),
      (.micro, [0.6, 0.6, 0.6]),
      (.weighted, [0.7, 0.6, 0.6]),
    ]
    for (average, wanted) in goldens {
      let found = matrix.average(average)
      #expect(isClose([found.precision, found.recall, found.f1], wanted), "\(average) \(found)")
    }
    for average in [ConfusionMatrix.Average.macro, .micro, .weighted] {
      let empty = ConfusionMatrix(classes: 3).average(average)
      #expect([empty.precision, empty.recall, empty.f1] == [0, 0, 0])
    }
  }

  @Test func normalizes() {
    let matrix = matrix
    #expect(isClose(matrix.normalized(over: .truth)[2], [0.25, 0.25, 0.5, 0, 0]))
    #expect(matrix.normalized(over: .truth)[3] == [0, 0, 0, 0, 0])
    #expect(isClose(matrix.normalized(over: .prediction).map { $0[1] }, [0.25, 0.5, 0.25, 0, 0]))
    #expect(abs(matrix.normalized(over: .all).joined().reduce(0, +) - 1) < 1e-15)
  }

  @Test func reports() {
    var matrix = ConfusionMatrix(classes: 2)
    matrix.add(Tensor([0, 1, 1, 1]), Tensor([0, 0, 1, 1]))
    var report = matrix.report(names: ["cat"], places: 2)
    report.style = .plain
    #expect(
      "\(report)" == """
        class             precision  recall    F1  support
        ----------------  ---------  ------  ----  -------
        cat                    1.00    0.50  0.67        2
        class 1                0.67    1.00  0.80        2
        micro average          0.75    0.75  0.75        4
        macro average          0.83    0.75  0.73        4
        weighted average       0.83    0.75  0.73        4
        """)
  }

  @Test func refusesWhatDoesNotFit() async {
    func says(_ end: ExitTest.Result?, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let text = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(words), "\(text)", sourceLocation: sourceLocation)
    }
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var matrix = ConfusionMatrix(classes: 2)
        matrix.add(Tensor([0, 1]), Tensor([0, 2]))
      }, "class 2 is out of range for 2 classes")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var matrix = ConfusionMatrix(classes: 2)
        matrix.add(Tensor.zeros(3, 4), Tensor([0, 1, 0]))
      }, "wants scores [batch, 2]")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Metrics.topKAccuracy(Tensor.zeros(3, 4), Tensor([0, 1, 0]))
      }, "k 5 is out of range for 4 classes")
  }
}
