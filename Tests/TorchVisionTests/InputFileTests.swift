import Foundation
import Testing
import Torch
import TorchData
import TorchHub
import TorchUtils
import TorchVision

/// Every door through which a file is read, with what is no file to read: each must refuse it, and none may wait.
@Suite struct InputFileTests {
  private static let doors: [(name: String, open: @Sendable (String) throws -> Void)] = [
    ("load", { _ = try load($0) }),
    ("loadPickle", { _ = try loadPickle($0) }),
    ("Safetensors.open", { _ = try Safetensors.open($0) }),
    ("NumPy.load", { _ = try NumPy.load($0) }),
    ("NumPy.load(archive:)", { _ = try NumPy.load(archive: $0) }),
    ("FileFormat", { _ = try FileFormat(of: $0) }),
    ("IDXFile", { _ = try IDXFile($0) }),
    ("TrainingLog.read", { _ = try TrainingLog.read($0) }),
    ("TrainingLog", { _ = try TrainingLog(csv: $0) }),
    ("Image", { _ = try Image(contentsOf: $0) }),
    ("readImage", { _ = try readImage($0) }),
    ("Hub.md5", { _ = try Hub.md5(of: $0) }),
    (
      "Hub.downloadURL",
      { path in try withFolder { try Hub.downloadURL(path, to: "\($0)/copy", progress: false) } }
    ),
  ]

  /// What a door says.
  private func refusal(_ open: (String) throws -> Void, _ path: String) -> String? {
    do {
      try open(path)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func foldersPipesAndDevicesAreRefused() throws {
    try withFolder { folder in
      let pipe = "\(folder)/pipe", inner = "\(folder)/folder"
      try #require(mkfifo(pipe, 0o600) == 0)
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      for (name, open) in Self.doors {
        for (path, words) in [
          (pipe, "not a regular file"), (inner, "Is a directory"), ("/dev/null", "not a regular file"),
        ] {
          let said = refusal(open, path)
          #expect(said?.contains(words) == true && said?.contains(path) == true, "\(name): \(said ?? "nothing")")
        }
        // A log is begun where there is none.
        if name != "TrainingLog" { #expect(refusal(open, "\(folder)/none") != nil, "\(name)") }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["folder", "pipe"])
    }
  }

  /// A sparse file looks as large as it likes.
  @Test func filesThatLookTooLargeAreRefused() throws {
    try withFolder { folder in
      let path = "\(folder)/sparse.jpg"
      try Data([0xff, 0xd8, 0xff]).write(to: URL(fileURLWithPath: path))
      // Some file systems have no files of this size.
      guard truncate(path, 1 << 43) == 0 else { return }
      let error = #expect(throws: ImageError.self) { try Image(contentsOf: path) }
      #expect(error?.kind == .system && error?.path == path)
      #expect(error?.reason.hasPrefix("cannot be read: it has \(1 << 43) bytes, more than") == true)
      #expect(refusal({ _ = try TrainingLog.read($0) }, path)?.contains("more than") == true)
    }
  }

  @Test func pathsAreJoinedAndTakenApart() {
    #expect(Folder.join("a", "b") == "a/b" && Folder.join("a/", "b") == "a/b" && Folder.join("", "b") == "b")
    #expect(Folder.of("a/b") == "a/" && Folder.of("b") == "" && Folder.of("/b") == "/")
    #expect(Folder.name(of: "a/b") == "b" && Folder.name(of: "b") == "b" && Folder.name(of: "a/") == "")
    #expect(Folder.expanded("~x/y") == "~x/y" && Folder.expanded("a/~") == "a/~" && !Folder.expanded("~").isEmpty)
  }

  @Test func foldersAreMadeOnceAndNotOverFiles() throws {
    try withFolder { folder in
      try Folder.make("\(folder)/a/b/")
      try Folder.make("\(folder)/a/b")
      #expect(Folder.isFolder("\(folder)/a/b") && !Folder.isFile("\(folder)/a/b"))
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/a/é"))
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/a/Z"))
      #expect(try Folder.entries("\(folder)/a").map(\.name) == ["Z", "b", "é"])
      #expect(try Folder.entries("\(folder)/a").map(\.isFolder) == [false, true, false])
      #expect(throws: SystemError.self) { try Folder.make("\(folder)/a/Z") }
      #expect(throws: SystemError.self) { try Folder.make("\(folder)/a/Z/c") }
      #expect(throws: SystemError.self) { try Folder.entries("\(folder)/none") }
    }
  }
}
