// What a program can know about where its output goes.

import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An output stream of the process, and what can be shown on it.
public struct Terminal: Sendable {
  /// Where `print` writes.
  public static let standardOutput = Terminal(descriptor: 1)
  /// Where errors go.
  public static let standardError = Terminal(descriptor: 2)

  let descriptor: CInt

  /// Whether a line can be drawn over: a terminal, and not one that calls itself dumb.
  public var isInteractive: Bool {
    isatty(descriptor) == 1 && Environment.variable("TERM") != "dumb"
  }

  /// Columns: the terminal's own answer, else the variable `COLUMNS`, else 80.
  public var width: Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 { return Int(size.ws_col) }
    if let columns = Environment.variable("COLUMNS").flatMap(Int.init), columns > 0 { return columns }
    return 80
  }

  /// Whether colours are wanted: on a terminal, unless `NO_COLOR` is set to anything.
  public var wantsColor: Bool {
    isInteractive && (Environment.variable("NO_COLOR") ?? "").isEmpty
  }

  /// Whether block and box characters can be expected to show: the locale is UTF-8, or none is set.
  public static var speaksUnicode: Bool {
    // The first of these that is set decides, as in the C library.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(Environment.variable).first { !$0.isEmpty }
    guard let locale = locale?.lowercased() else { return true }
    return locale.contains("utf-8") || locale.contains("utf8")
  }

  /// Writes text at once, after everything `print` has written before.
  public func write(_ text: String) {
    if descriptor == 1 {
      print(text, terminator: "")
      fflush(nil)
      return
    }
    fflush(nil)
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { raw in put(descriptor, raw.baseAddress, raw.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }
}

/// `write(2)`, which a method of the same name hides.
private func put(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

/// Seconds of a clock that only runs forward.
package func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// How many columns text takes in a terminal: two for the wide characters of East Asia and for emoji, none for marks
/// that sit on the character before and for colour sequences.
package func displayWidth(_ text: some StringProtocol) -> Int {
  var width = 0
  var inEscape = false
  for character in text {
    if character == "\u{1b}" {
      inEscape = true
      continue
    }
    if inEscape {
      inEscape = !character.isLetter
      continue
    }
    width += columns(character)
  }
  return width
}

private func columns(_ character: Character) -> Int {
  guard let scalar = character.unicodeScalars.first else { return 0 }
  if scalar.properties.isEmojiPresentation { return 2 }
  switch scalar.value {
  case 0..<0x20, 0x7f..<0xa0: return 0
  case 0..<0x300: return 1
  case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
    0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
    return 2
  default:
    return scalar.properties.generalCategory == .nonspacingMark ? 0 : 1
  }
}

/// The longest beginning of `text` that fits in `width` columns; what was cut is marked by a dot or three.
package func fit(_ text: String, width: Int) -> String {
  if displayWidth(text) <= width { return text }
  let mark = String(repeating: ".", count: min(3, max(0, width)))
  var room = width - mark.count
  var result = ""
  for character in text {
    room -= columns(character)
    if room < 0 { break }
    result.append(character)
  }
  return result + mark
}

/// `text` and as many spaces as fill `width` columns.
package func pad(_ text: String, to width: Int, right: Bool = false) -> String {
  let spaces = String(repeating: " ", count: max(0, width - displayWidth(text)))
  return right ? spaces + text : text + spaces
}
