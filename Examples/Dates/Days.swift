import Torch

/// A day, and the ways to write it.
struct Day {
  let year: Int, month: Int, day: Int
  /// Monday is 0.
  let weekday: Int

  /// The hundred years in which two digits name one year, as POSIX reads them: 69 is 1969, 68 is 2068.
  static let all: [Day] = {
    var days: [Day] = []
    // The first of January 1969 was a Wednesday.
    var weekday = 2
    for year in 1969...2068 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      for (month, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
        for day in 1...length {
          days.append(Day(year: year, month: month + 1, day: day, weekday: weekday))
          weekday = (weekday + 1) % 7
        }
      }
    }
    return days
  }()

  /// All days in an order that is the same for a seed.
  static func shuffled(seed: Int) -> [Day] {
    Tensor.randperm(all.count, generator: Generator(seed: UInt64(seed))).array(Int.self).map { all[$0] }
  }

  /// strftime's letters, and %e for 3, %n for a month's 3, %o for 3rd.
  static let forms = [
    "%e %B %Y", "%d %B %Y", "%o %B %Y", "%o of %B %Y", "the %o of %B %Y", "the %o of %B, %Y", "%B %e, %Y", "%B %o, %Y",
    "%B %e %Y", "%B the %o, %Y", "%b %e, %Y", "%b %e %Y", "%b. %e, %Y", "%e %b %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y",
    "%e %b %y", "%b %e, '%y", "%e. %B %Y", "%e. %b %Y", "%A, %e %B %Y", "%A, %o of %B %Y", "%A the %o of %B %Y",
    "%A, %B %e, %Y", "%A, %B %o, %Y", "%A, %e. %B %Y", "%a, %e %b %Y", "%a %e %b %Y", "%a, %d %b %Y", "%a %b %e %Y",
    "%a, %b %e, %Y", "%a %d.%m.%Y", "%a %n/%e/%y", "%n/%e/%Y", "%m/%d/%Y", "%n/%e/%y", "%m/%d/%y", "%e.%n.%Y",
    "%d.%m.%Y", "%e.%n.%y", "%d.%m.%y", "%d-%m-%Y", "%e-%n-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y %B %e",
    "%Y %b %d", "%Y, %B the %o", "%Y年%n月%e日", "in %Y on %B %o",
  ]

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

  var iso: String { written("%Y-%m-%d") }

  func written(_ form: String) -> String {
    var text = "", isCode = false
    for letter in form {
      if isCode {
        text += part(letter)
        isCode = false
      } else if letter == "%" {
        isCode = true
      } else {
        text.append(letter)
      }
    }
    return text
  }

  private func part(_ letter: Character) -> String {
    switch letter {
    case "A": Self.weekdays[weekday]
    case "a": String(Self.weekdays[weekday].prefix(3))
    case "B": Self.months[month - 1]
    case "b": String(Self.months[month - 1].prefix(3))
    case "d": two(day)
    case "e": "\(day)"
    case "o": "\(day)\(ending)"
    case "m": two(month)
    case "n": "\(month)"
    case "Y": "\(year)"
    case "y": two(year % 100)
    default: fatalError("no form has %\(letter)")
    }
  }

  private var ending: String {
    switch day {
    case 1, 21, 31: "st"
    case 2, 22: "nd"
    case 3, 23: "rd"
    default: "th"
    }
  }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Letters as numbers.
enum Text {
  /// Token 0 pads, 1 begins and 2 ends a text; 3 stands for letters that no form has.
  static let pad = 0, begin = 1, end = 2, unknown = 3
  static let letters: [Character] = {
    var found = Set<Character>("0123456789-")
    // All months, weekdays and endings occur within the first year.
    for day in Day.all.prefix(366) { for form in Day.forms { found.formUnion(day.written(form)) } }
    return Array("\u{0}\u{1}\u{2}\u{3}") + found.sorted()
  }()
  private static let numbers = Dictionary(uniqueKeysWithValues: letters.enumerated().map { ($1, $0) })

  /// As long as any form, with its two ends; an answer has ten letters.
  static let longest = 40, answer = 12

  /// [texts, length], with padding behind; what is longer loses its end.
  static func tokens(_ texts: [String], length: Int) -> Tensor {
    var all: [Int] = []
    all.reserveCapacity(texts.count * length)
    for text in texts {
      let tokens = [begin] + text.prefix(length - 2).map { numbers[$0] ?? unknown } + [end]
      all += tokens + Array(repeating: pad, count: length - tokens.count)
    }
    return Tensor(all, shape: [texts.count, length])
  }

  /// The letters between the two ends.
  static func read(_ tokens: [Int]) -> String {
    String(tokens.dropFirst().prefix { $0 > unknown }.map { letters[$0] })
  }
}

extension Tensor {
  /// The rows of a matrix of whole numbers.
  var rows: [[Int]] { (0..<size(0)).map { self[$0].array(Int.self) } }
}
