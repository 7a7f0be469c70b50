// Files of logs and pictures: what can go wrong, reading and writing.

import Torch

/// Why a log or a picture could not be written or read: which file, which line, what is wrong there.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// The system refused.
    case system
    /// The file is not what its format says.
    case malformed
    /// Nothing here writes such a file.
    case unsupported
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The file, as the caller named it.
  public let path: String
  /// The line, counted from 1, where it has one.
  public let line: Int?
  /// What is wrong.
  public let reason: String

  init(_ kind: Kind, _ path: String, line: Int? = nil, _ reason: String) {
    (self.kind, self.path, self.line, self.reason) = (kind, path, line, reason)
  }

  /// One line: `log.csv:3: has 2 cells, the head has 4`.
  public var description: String { path + (line.map { ":\($0)" } ?? "") + ": \(reason)" }
}

extension SystemError {
  /// The error of a file that could not be read, or whatever the verb is.
  fileprivate func at(_ path: String, _ verb: String) -> FileError {
    FileError(.system, path, "cannot be \(verb): \(message)")
  }
}

/// A log's file, to which lines are appended; made where there is none.
final class LogFile {
  private let path: String
  private let file: OutputFile

  init(_ path: String) throws(FileError) {
    self.path = path
    do {
      file = try OutputFile(appendingTo: path)
    } catch {
      throw error.at(path, "written")
    }
  }

  func write(_ bytes: [UInt8]) throws(FileError) {
    do {
      try file.write(bytes)
    } catch {
      throw error.at(path, "written")
    }
  }

  /// Cuts the file off after some bytes.
  func truncate(to size: Int) throws(FileError) {
    do {
      try file.truncate(to: size)
    } catch {
      throw error.at(path, "cut off")
    }
  }
}

/// Writes a file so that `path` shows either what was there before or all of the bytes, whatever happens between.
func writeFile(_ bytes: [UInt8], to path: String) throws(FileError) {
  do {
    try writeAtomically(to: path) { try $0.write(bytes) }
  } catch {
    throw FileError(.system, path, "cannot be written: \(error.systemMessage)")
  }
}

/// The bytes of a regular file; nil where there is none.
func readFile(_ path: String) throws(FileError) -> [UInt8]? {
  do {
    return try FileContent(path).array
  } catch {
    if error.kind == .missing { return nil }
    throw error.at(path, "read")
  }
}
