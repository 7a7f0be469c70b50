#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import Torch
import TorchBackend

// Small arithmetic in Python's manner.

func cosine(_ x: Double) -> Double { cos(x) }
func sine(_ x: Double) -> Double { sin(x) }
func tangent(_ x: Double) -> Double { tan(x) }
func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }

/// Degrees in radians, as `math.radians`.
func radians(_ degrees: Double) -> Double { degrees * (.pi / 180) }

/// The remainder with the divisor's sign.
func pythonModulo(_ x: Double, _ y: Double) -> Double {
  let rest = fmod(x, y)
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
}

/// As Python's `round`: halves go to the even neighbour.
func pythonRound(_ x: Double) -> Int { Int(x.rounded(.toNearestOrEven)) }

/// As Python's `round(x, 15)` for numbers from -1 to 1: fifteen correct digits, read back.
func rounded15(_ x: Double) -> Double { strtod(pythonFixed(x, precision: 15), nil) }

/// One number or several, where torchvision takes "a number or a sequence": `30`, `0.4`, `[-10, 10]`, `0.5...1.5`.
public protocol NumberList: Sendable {
  /// All of them.
  var numbers: [Double] { get }
  /// Whether it is a number by itself.
  var isSingle: Bool { get }
  /// As Python prints it.
  var numberText: String { get }
}

/// A number as it stands in a ``NumberList``.
public protocol PlainNumber: NumberList {}

extension Int: PlainNumber {
  public var numbers: [Double] { [Double(self)] }
  public var isSingle: Bool { true }
  public var numberText: String { String(self) }
}

extension Double: PlainNumber {
  public var numbers: [Double] { [self] }
  public var isSingle: Bool { true }
  public var numberText: String { pythonRepr(self) }
}

extension Array: NumberList where Element: PlainNumber {
  public var numbers: [Double] { flatMap(\.numbers) }
  public var isSingle: Bool { false }
  public var numberText: String { "[" + map(\.numberText).joined(separator: ", ") + "]" }
}

extension ClosedRange: NumberList where Bound: PlainNumber {
  public var numbers: [Double] { lowerBound.numbers + upperBound.numbers }
  public var isSingle: Bool { false }
  public var numberText: String { "(\(lowerBound.numberText), \(upperBound.numberText))" }
}

/// As Python prints a tuple of numbers.
func tupleText(_ numbers: [Double]) -> String {
  "(" + numbers.map(pythonRepr).joined(separator: ", ") + (numbers.count == 1 ? ",)" : ")")
}

func listText(_ numbers: [Double]) -> String { "[" + numbers.map(pythonRepr).joined(separator: ", ") + "]" }

func pythonBool(_ value: Bool) -> String { value ? "True" : "False" }

/// What stands in the room that ``Pad`` adds, as torchvision's `padding_mode`.
public enum PicturePadding: String, Sendable, Hashable, CaseIterable {
  /// One colour.
  case constant
  /// The pixel at the edge.
  case edge
  /// The pixels beside the edge, mirrored; the edge itself is not repeated.
  case reflect
  /// The pixels from the edge on, mirrored.
  case symmetric

  /// Which of `count` elements stand at each place of the padded row.
  func places(before: Int, _ count: Int, after: Int) -> [Int] {
    let first = -Swift.max(before, 0), end = count + Swift.max(after, 0)
    return (first..<Swift.max(end, first)).map { place in
      switch self {
      case .constant, .edge: return Swift.min(Swift.max(place, 0), count - 1)
      case .reflect:
        if count == 1 { return 0 }
        let period = 2 * (count - 1), at = ((place % period) + period) % period
        return at < count ? at : period - at
      case .symmetric:
        let period = 2 * count, at = ((place % period) + period) % period
        return at < count ? at : period - 1 - at
      }
    }
  }
}
