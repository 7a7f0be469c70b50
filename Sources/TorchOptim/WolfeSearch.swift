import Torch

/// The search of a step length that meets the strong Wolfe conditions, as `torch.optim.LBFGS` makes it.
///
/// Nocedal and Wright, *Numerical Optimization*, 2006, algorithms 3.5 and 3.6.
struct WolfeSearch {
  typealias Point = LBFGS.Point

  /// What the search ends with.
  struct Result {
    var point: Point
    var length: Double
    var evaluations: Int
  }

  /// Where the search starts, and its slope along the direction.
  let start: Point
  let direction: Tensor
  let toleranceChange: Double
  /// A number as a tensor of the parameters' dtype holds it: torch computes slopes and lengths in tensors.
  let held: (Double) -> Double
  private let sufficient = 1e-4, curvature = 0.9

  /// One end of the bracket that holds the length.
  private struct End {
    var length: Double
    var point: Point
  }

  /// Whether the loss falls too little for a length.
  private func falls(tooLittle point: Point, _ length: Double) -> Bool {
    point.loss > held(start.loss + held(sufficient * length * start.slope))
  }

  private func isFlatEnough(_ point: Point) -> Bool { point.slope.magnitude <= -curvature * start.slope }

  /// - Parameters:
  ///   - length: the first guess.
  ///   - limit: the most evaluations after the first.
  ///   - evaluate: the loss and gradient at a length along the direction.
  func run(from length: Double, limit: Int, _ evaluate: (Double) throws -> Point) rethrows -> Result {
    func end(_ length: Double, _ point: Point) -> End {
      var point = point
      point.slope = point.gradient.dot(direction).item()
      return End(length: length, point: point)
    }
    let size: Double = direction.abs().max().item()
    var last = End(length: 0, point: start), now = try end(length, evaluate(length))
    var evaluations = 1, rounds = 0
    var bracket: [End] = []
    // Go further until a minimum must lie between the last two lengths.
    while rounds < limit {
      if falls(tooLittle: now.point, now.length) || rounds > 1 && now.point.loss >= last.point.loss {
        bracket = [last, now]
        break
      }
      if isFlatEnough(now.point) {
        return Result(point: now.point, length: now.length, evaluations: evaluations)
      }
      if now.point.slope >= 0 {
        bracket = [last, now]
        break
      }
      let least = held(now.length + held(0.01 * held(now.length - last.length)))
      let next = cubicMinimum(last, now, within: (least, held(now.length * 10)))
      last = now
      now = try end(next, evaluate(next))
      evaluations += 1
      rounds += 1
    }
    if rounds == limit || bracket.isEmpty { bracket = [End(length: 0, point: start), now] }

    // Narrow the bracket; `low` is the end with the smaller loss.
    var low = bracket[0].point.loss <= bracket[1].point.loss ? 0 : 1
    var isStuck = false, isDone = false
    while !isDone && rounds < limit {
      if (bracket[1].length - bracket[0].length).magnitude * size < toleranceChange { break }
      let smallest = min(bracket[0].length, bracket[1].length), largest = max(bracket[0].length, bracket[1].length)
      var next = cubicMinimum(bracket[0], bracket[1], within: (smallest, largest))
      // A length close to an end twice in a row, or at it, is moved inwards.
      let margin = 0.1 * (largest - smallest)
      if min(largest - next, next - smallest) < margin {
        if isStuck || next >= largest || next <= smallest {
          next = (next - largest).magnitude < (next - smallest).magnitude ? largest - margin : smallest + margin
          isStuck = false
        } else {
          isStuck = true
        }
      } else {
        isStuck = false
      }
      now = try end(next, evaluate(next))
      evaluations += 1
      rounds += 1
      if falls(tooLittle: now.point, next) || now.point.loss >= bracket[low].point.loss {
        bracket[1 - low] = now
        low = bracket[0].point.loss <= bracket[1].point.loss ? 0 : 1
      } else {
        if isFlatEnough(now.point) {
          isDone = true
        } else if now.point.slope * (bracket[1 - low].length - bracket[low].length) >= 0 {
          bracket[1 - low] = bracket[low]
        }
        bracket[low] = now
      }
    }
    return Result(point: bracket[low].point, length: bracket[low].length, evaluations: evaluations)
  }

  /// Where the cubic through two points with their slopes is smallest, within bounds.
  private func cubicMinimum(_ a: End, _ b: End, within bounds: (Double, Double)) -> Double {
    let (left, right) = a.length <= b.length ? (a, b) : (b, a)
    let rise = held(3 * (a.point.loss - b.point.loss) / held(a.length - b.length))
    let d1 = held(held(a.point.slope + b.point.slope) - rise)
    let square = held(held(d1 * d1) - held(a.point.slope * b.point.slope))
    guard square >= 0 else { return (bounds.0 + bounds.1) / 2 }
    let d2 = held(square.squareRoot())
    let above = held(held(right.point.slope + d2) - d1)
    let below = held(held(right.point.slope - left.point.slope) + held(2 * d2))
    let way = held(held(right.length - left.length) * held(above / below))
    return min(max(held(right.length - way), bounds.0), bounds.1)
  }
}
