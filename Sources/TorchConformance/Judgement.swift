import Torch

/// The runner's rules one by one, for tests.
package enum Judgement {
  /// Whether two tensors of one shape and dtype agree.
  package static func agree(_ got: Tensor, _ want: Tensor, relative: Double, absolute: Double) -> Bool {
    let comparison = Comparison(tolerance: Tolerance(relative: relative, absolute: absolute))
    do {
      try comparison.check("", got, want)
      return true
    } catch {
      return false
    }
  }

  /// Whether two tensors of positions name equal values of an input.
  package static func positionsAgree(_ got: Tensor, _ want: Tensor, in input: Tensor) -> Bool {
    PositionTies(input).agree(got, want)
  }

  package static func rangeText(_ ids: [Int]) -> String { IDRanges(ids).text }
  package static func ids(_ text: String) -> [Int]? { IDRanges(text)?.ids }

  /// What is wrong with a scheduler's rates and momenta, beside a case of JSON text; nil for nothing.
  package static func traceComplaint(_ text: String, rates: [[Double]], momenta: [[Double]]) throws -> String? {
    let trace = try SchedulerTrace(JSON(parsing: Array(text.utf8)))
    do {
      try trace.check { (rates[$0], momenta[$0]) }
      return nil
    } catch let error as Mismatch {
      return error.description
    }
  }
}
