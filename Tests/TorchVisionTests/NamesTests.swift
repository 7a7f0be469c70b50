import Foundation
import Testing
import Torch
import TorchData
import TorchHub
import TorchNN
import TorchOptim
import TorchUtils
import TorchVision

/// A program imports many rooms at once, and a public name that two of them have would be ambiguous in it.
@Suite struct NamesTests {
  /// Names that two rooms had, or that are near to another's: this compiles where all are imported.
  @Test func namesAreClearWhereAllIsImported() throws {
    let picture = Image(pixels: .zeros([4, 4, 3], dtype: .uint8), mode: .rgb)
    #expect(Resize(2, interpolation: .bilinear)(picture).width == 2)
    #expect(F.interpolate(.zeros([1, 1, 4, 4]), scaleFactor: 2, mode: .bilinear).shape == [1, 1, 8, 8])
    #expect(Upsample(scaleFactor: 2, mode: .bilinear)(.zeros([1, 1, 4, 4])).shape == [1, 1, 8, 8])
    #expect(Pad(1, paddingMode: .reflect)(picture).width == 6)
    #expect(
      Conv2d(1, 1, kernelSize: 3, padding: 1, paddingMode: .reflect)(.zeros([1, 1, 4, 4])).shape == [1, 1, 4, 4])
    #expect(InterpolationMode.bilinear.rawValue == InterpolateMode.bilinear.rawValue)
    #expect(PicturePadding.reflect.rawValue == PaddingMode.reflect.rawValue)
  }

  @Test func noNameIsPublicInTwoRooms() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    let rooms = [
      "TorchBackend", "Torch", "TorchNN", "TorchOptim", "TorchData", "TorchUtils", "TorchHub", "TorchVision",
    ]
    let declaration =
      /^(?:@[\w()]+ )*public (?:final |indirect )*(?:struct|enum|class|protocol|actor|typealias|func|var|let) (\w+)/
    var homes: [String: Set<String>] = [:]
    for room in rooms {
      let files = FileManager.default.enumerator(at: sources.appending(path: room), includingPropertiesForKeys: nil)
      while let file = files?.nextObject() as? URL {
        guard file.pathExtension == "swift" else { continue }
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
          if let match = line.prefixMatch(of: declaration) { homes[String(match.1), default: []].insert(room) }
        }
      }
    }
    #expect(homes.count > 300)
    for (name, rooms) in homes where rooms.count > 1 { Issue.record("\(name) is public in \(rooms.sorted())") }
  }
}
