import Foundation
import Torch

/// A file that is not what FORMAT.md says.
struct CaseError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What kinds of groups there are.
package enum Kind: String, CaseIterable, Sendable {
  case op, module, optimizer, scheduler
}

/// The files of a directory of cases, as its index lists them.
package struct CaseIndex {
  package struct Group {
    package let kind: Kind
    package let name: String
    /// Relative to the directory.
    package let file: String
    package let caseCount: Int
  }

  package let directory: String
  package let groups: [Group]

  package init(_ directory: String) throws {
    self.directory = directory
    let index = try JSON(contentsOf: directory + "/index.json")
    guard index["format"]?.intValue == 1 else { throw CaseError("\(directory)/index.json is not of format 1") }
    groups = try index.require("groups").array().map { entry in
      guard let kind = Kind(rawValue: try entry.require("kind").string()) else {
        throw CaseError("unknown kind in index.json")
      }
      return Group(
        kind: kind, name: try entry.require("group").string(), file: try entry.require("file").string(),
        caseCount: try entry.require("cases").int())
    }
  }
}

/// One file of cases with its tensors.
struct CaseFile {
  let kind: Kind
  let group: String
  let document: JSON
  let cases: [JSON]
  let tensors: StateDict

  init(directory: String, group: CaseIndex.Group) throws {
    let path = directory + "/" + group.file
    document = try JSON(contentsOf: path)
    guard document["format"]?.intValue == 1, document["kind"]?.stringValue == group.kind.rawValue else {
      throw CaseError("\(group.file) is not of format 1 and kind \(group.kind.rawValue)")
    }
    kind = group.kind
    self.group = group.name
    cases = try document.require("cases").array()
    guard cases.count == group.caseCount else {
      throw CaseError("\(group.file) has \(cases.count) cases, the index promises \(group.caseCount)")
    }
    if let name = document["tensors"]?.stringValue {
      tensors = try Safetensors.load(URL(fileURLWithPath: path).deletingLastPathComponent().path + "/" + name)
    } else {
      tensors = StateDict()
    }
  }
}

extension JSON {
  init(contentsOf path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else { throw CaseError("cannot read \(path)") }
    do {
      self = try JSON(parsing: [UInt8](data))
    } catch {
      throw CaseError("\(path): \(error)")
    }
  }

  subscript(key: String) -> JSON? {
    guard case .object(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }

  var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  var intValue: Int? { if case .int(let value) = self { value } else { nil } }
  /// A plain number, whole or not.
  var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
  var intArray: [Int]? {
    guard case .array(let values) = self else { return nil }
    let numbers = values.compactMap(\.intValue)
    return numbers.count == values.count ? numbers : nil
  }

  func require(_ key: String) throws(CaseError) -> JSON {
    guard let value = self[key] else { throw CaseError("\(key) is missing") }
    return value
  }
  func string() throws(CaseError) -> String {
    guard let stringValue else { throw CaseError("a text was expected") }
    return stringValue
  }
  func int() throws(CaseError) -> Int {
    guard let intValue else { throw CaseError("a whole number was expected") }
    return intValue
  }
  func array() throws(CaseError) -> [JSON] {
    guard case .array(let values) = self else { throw CaseError("an array was expected") }
    return values
  }
  func entries() throws(CaseError) -> [(key: String, value: JSON)] {
    guard case .object(let entries) = self else { throw CaseError("an object was expected") }
    return entries
  }
  func numbers() throws(CaseError) -> [Double] {
    let values = try array()
    let numbers = values.compactMap(\.number)
    guard numbers.count == values.count else { throw CaseError("numbers were expected") }
    return numbers
  }
}
