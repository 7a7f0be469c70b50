import Torch
import TorchData

/// Unpacks the regular files of a tar archive, packed with gzip or not.
///
/// An archive is looked through before anything is written: it must be whole, and its names must stay in the folder. Links
/// and devices are refused.
package struct TarArchive {
  private let file: PackedFile
  /// The most bytes that the files may have together.
  private static let limit = 1 << 30
  private static let block = 512

  package init(dataset: String, path: String) { file = PackedFile(dataset: dataset, path: path) }

  /// - Throws: ``DatasetError``; then nothing was written, unless it is the system that refused in the middle.
  package func unpack(into folder: String) throws(DatasetError) {
    try file.read(for: folder) { try walk($0) { _, size, reader in try reader.skip(size) } }
    try file.read(for: folder) { try walk($0) { try write($1, of: $2, to: Folder.join(folder, $0)) } }
  }

  /// Gives each file's name and size to `body`, which reads so many bytes.
  private func walk(_ reader: PackedReader, _ body: (String, Int, PackedReader) throws -> Void) throws {
    var total = 0
    // What an entry says of the next one, whose own fields are too small for it.
    var longName: String?, longSize: Int?
    while true {
      let header = try TarHeader(try reader.bytes(Self.block), file)
      guard let header else { break }
      var name = header.name, size = header.size
      if header.kind == .file || header.kind == .folder { (name, size) = (longName ?? name, longSize ?? size) }
      guard size <= Self.limit - total else { throw file.malformed("holds \(name.shown), of an absurd size") }
      total += size
      switch header.kind {
      case .file:
        try body(try checked(name), size, reader)
        (longName, longSize) = (nil, nil)
      case .folder:
        try reader.skip(size)
        (longName, longSize) = (nil, nil)
      case .longName, .attributes:
        guard size <= 1 << 16 else { throw file.malformed("holds a name of an absurd length") }
        var text: [UInt8] = []
        try reader.take(size) { text += $0 }
        if header.kind == .longName {
          longName = String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        } else {
          (longName, longSize) = try attributes(text[...], longName, longSize)
        }
      case .ignored: try reader.skip(size)
      case .refused(let what): throw file.malformed("holds \(what), \(name.shown), which no data set needs")
      }
      try reader.skip((Self.block - size % Self.block) % Self.block)
    }
    // The sum of the packing stands at the very end.
    while true {
      let part = try reader.bytes(1 << 16)
      if part.isEmpty { return }
      guard reader.position - total <= Self.limit else { throw file.malformed("goes on after its end") }
    }
  }

  /// A name that stays in its folder, without the `.` that some begin with.
  private func checked(_ name: String) throws -> String {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).filter { $0 != "." }
    let isInside = !parts.isEmpty && parts.allSatisfy { !$0.isEmpty && $0 != ".." }
    guard isInside, !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x5c }), name.utf8.count <= 1000 else {
      throw file.malformed("holds a file that leads out of its folder: \(name.shown)")
    }
    return parts.joined(separator: "/")
  }

  /// The path and the size in the records `LENGTH KEY=VALUE` of an extended header.
  private func attributes(_ text: ArraySlice<UInt8>, _ name: String?, _ size: Int?) throws -> (String?, Int?) {
    var (name, size, rest) = (name, size, text)
    while !rest.isEmpty {
      let digits = rest.prefix { $0 != 0x20 }
      guard let length = Int(String(decoding: digits, as: UTF8.self)), digits.count + 3 <= length, length <= rest.count,
        rest[rest.startIndex + length - 1] == 0x0a
      else { throw file.malformed("holds a damaged extended header") }
      let record = rest.prefix(length - 1).dropFirst(digits.count + 1)
      rest = rest.dropFirst(length)
      let key = String(decoding: record.prefix { $0 != 0x3d }, as: UTF8.self)
      let value = String(decoding: record.drop { $0 != 0x3d }.dropFirst(), as: UTF8.self)
      if key == "path" { name = value }
      if key == "size" {
        guard let number = Int(value), number >= 0 else { throw file.malformed("holds a damaged extended header") }
        size = number
      }
    }
    return (name, size)
  }

  /// Copies the next bytes into a file, which appears when it is whole.
  private func write(_ size: Int, of reader: PackedReader, to path: String) throws {
    do {
      try Folder.make(Folder.of(path))
    } catch {
      throw DatasetError(.system, file.dataset, path, "cannot be made: \(error.message)")
    }
    try writeAtomically(to: path) { target in try reader.take(size) { try target.write($0) } }
  }
}

/// The block before each entry of an archive.
private struct TarHeader {
  enum Kind: Equatable {
    case file, folder
    /// The name of the next entry, as GNU writes long ones.
    case longName
    /// What POSIX's extended header says of the next entry.
    case attributes
    case ignored
    case refused(String)

    init(_ letter: UInt8) {
      switch letter {
      case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): self = .file
      case UInt8(ascii: "1"): self = .refused("a link")
      case UInt8(ascii: "2"): self = .refused("a symbolic link")
      case UInt8(ascii: "5"): self = .folder
      case UInt8(ascii: "L"): self = .longName
      case UInt8(ascii: "x"): self = .attributes
      // What holds for all entries: comments and times.
      case UInt8(ascii: "g"): self = .ignored
      case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): self = .refused("a device")
      default: self = .refused("an entry of an unknown kind")
      }
    }
  }

  let name: String
  let size: Int
  let kind: Kind

  /// Nil for the block of zeros that ends an archive.
  init?(_ block: [UInt8], _ file: PackedFile) throws {
    guard block.count == 512 else { throw file.malformed("is cut off") }
    if block.allSatisfy({ $0 == 0 }) { return nil }
    // The sum's own field counts as spaces.
    let sum = block.reduce(0) { $0 + Int($1) } - block[148..<156].reduce(0) { $0 + Int($1) } + 8 * 0x20
    guard Self.octal(block[148..<156]) == sum else { throw file.malformed("is no tar archive, or a damaged one") }
    func text(_ range: Range<Int>) -> String {
      String(decoding: block[range].prefix { $0 != 0 }, as: UTF8.self)
    }
    // GNU keeps other things where POSIX has the beginning of a long name.
    let isPOSIX = block[257..<263].elementsEqual(Array("ustar\0".utf8)), prefix = isPOSIX ? text(345..<500) : ""
    name = prefix.isEmpty ? text(0..<100) : "\(prefix)/\(text(0..<100))"
    guard let size = Self.octal(block[124..<136]) else {
      throw file.malformed("holds \(name.shown), of an absurd size")
    }
    self.size = size
    // Before there was a letter for them, folders were files with a slash behind the name.
    let letter = Kind(block[156])
    kind = letter == .file && name.hasSuffix("/") ? .folder : letter
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard digits.allSatisfy({ 0x30...0x37 ~= $0 }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }
}

extension String {
  /// A name that may hold anything, for a message.
  fileprivate var shown: String {
    "\"" + String(String.UnicodeScalarView(unicodeScalars.prefix(80).map { $0.value < 0x20 ? "?" : $0 })) + "\""
  }
}
