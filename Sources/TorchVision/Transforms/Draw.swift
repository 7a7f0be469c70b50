import Torch

/// Single draws from the default generator, the same calls as torchvision's.
enum Draw {
  /// `torch.rand(1)`.
  static func unit() -> Float { Tensor.rand(1).item() }

  /// A probability, checked where a transform is made.
  static func probability(_ p: Double, _ name: String) -> Double {
    guard (0...1).contains(p) else { fault(name, "p is a probability from 0 to 1, got \(p)") }
    return p
  }

  /// Whether something of a probability happens, by one draw.
  static func happens(_ p: Double) -> Bool { unit() < Float(p) }

  /// `torch.empty(1).uniform_(from, to).item()`.
  static func uniform(_ from: Double, _ to: Double) -> Double {
    Tensor.empty([1], dtype: .float32).uniform_(from: from, to: to).item()
  }

  /// `torch.randint(low, high, size=(1,)).item()`.
  static func integer(_ low: Int, _ high: Int) -> Int { Tensor.randint(low, high, [1]).item() }

  /// Sides whose area is a random part of another's and whose ratio is random too, ten tries; nil where none fits.
  static func sides(
    area: Int, scale: [Double], ratio: [Double], fits: (_ first: Int, _ second: Int) -> Bool
  ) -> (first: Int, second: Int)? {
    let logRatio = Tensor(ratio).to(.float32).log().array(Double.self)
    for _ in 0..<10 {
      let target = Double(area) * uniform(scale[0], scale[1])
      let aspect: Double = Tensor.empty([1], dtype: .float32).uniform_(from: logRatio[0], to: logRatio[1]).exp().item()
      let first = pythonRound((target * aspect).squareRoot()), second = pythonRound((target / aspect).squareRoot())
      if fits(first, second) { return (first, second) }
    }
    return nil
  }
}

/// Two ends of a range, checked.
func rangeEnds(_ range: any NumberList, _ name: String, _ label: String) -> [Double] {
  let numbers = range.numbers
  guard numbers.count == 2 else { fault(name, "\(label) wants two numbers, got \(range.numberText)") }
  guard numbers[0] <= numbers[1] else { fault(name, "\(label) goes from small to large, got \(range.numberText)") }
  return numbers
}

/// Degrees as torchvision keeps them: one number stands for both directions.
func angles(_ degrees: any NumberList, _ name: String, _ label: String, _ counts: [Int]) -> [Double] {
  let numbers = degrees.numbers
  if degrees.isSingle {
    guard numbers[0] >= 0 else { fault(name, "\(label), as one number, cannot be negative; got \(degrees.numberText)") }
    return [-numbers[0], numbers[0]]
  }
  guard counts.contains(numbers.count) else {
    let wanted = counts.map(String.init).joined(separator: " or ")
    fault(name, "\(label) wants one number or \(wanted), got \(degrees.numberText)")
  }
  for i in stride(from: 0, to: numbers.count, by: 2) where numbers[i] > numbers[i + 1] {
    fault(name, "\(label) goes from small to large, got \(degrees.numberText)")
  }
  return numbers
}

/// How Python prints `round(x, 4)`.
func rounded4(_ numbers: [Double]) -> String {
  tupleText(numbers.map { Double(pythonFixed($0, precision: 4))! })
}
