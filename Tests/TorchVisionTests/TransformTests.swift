import Foundation
import Testing
import Torch
import TorchVision

@Suite struct TransformTests {
  static let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")

  @Test func everyStepGivesTorchvisionsNumbers() throws {
    // A folder of other cases, by chance: Tools/goldens/transforms.py FOLDER --random 1 --seed N.
    let other = ProcessInfo.processInfo.environment["TRANSFORM_CASES"].map { URL(fileURLWithPath: $0) }
    let (cases, blob) = try TransformCase.read(other ?? Self.goldens)
    #expect(cases.count > 500)
    for golden in cases {
      let complaint = try forkRNG { try golden.complaint(blob) }
      #expect(complaint == nil, "\(golden): \(complaint ?? "")")
    }
  }

  private var photograph: Image {
    Image(pixels: Tensor.randint(0, 256, [40, 50, 3], generator: Generator(seed: 1)).to(.uint8), mode: .rgb)
  }

  @Test func aPipelineReadsAsInPython() throws {
    let transform = Compose([
      Resize(32), CenterCrop(24), ToTensor(), Normalize(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]),
    ])
    let x = try transform(photograph)
    #expect(x.shape == [3, 24, 24] && x.dtype == .float32)
    let small: Image = try Compose([Resize(32), CenterCrop(24)])(photograph)
    #expect(small.width == 24 && small.height == 24)
    let crops: [Image] = try Compose([FiveCrop(10)])(photograph)
    #expect(crops.count == 5)
    #expect(try FiveCrop(10)(photograph).count == 5)
    #expect(try Compose([RandomErasing(p: 1)])(Tensor.rand(3, 8, 8)).shape == [3, 8, 8])
  }

  @Test func joinedStepsGiveTheSameBits() throws {
    let image = photograph, mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225]
    let joined = try Compose([ToTensor(), Normalize(mean: mean, std: std)])(image)
    let apart = Normalize(mean: mean, std: std)(ToTensor()(image))
    #expect(joined.equal(apart))
    let shared = try Compose([ToTensor(), Normalize(mean: [0.5], std: [0.25])])(image)
    #expect(shared.equal(Normalize(mean: [0.5], std: [0.25])(ToTensor()(image))))
  }

  @Test func ownStepsTakeThreeLines() throws {
    struct Halved: TensorTransform {
      func callAsFunction(_ x: Tensor) -> Tensor { x / 2.0 }
    }
    struct Turned: ImageTransform {
      func callAsFunction(_ image: Image) -> Image { VF.vflip(image) }
    }
    let x = try Compose([Turned(), ToTensor(), Halved()])(photograph)
    #expect(x.equal(ToTensor()(VF.vflip(photograph)) / 2.0))
  }

  @Test func aSmallPictureIsAnErrorAndNoFault() {
    #expect(throws: TransformError.self) { try RandomCrop(64)(photograph) }
    #expect(throws: TransformError.self) { try FiveCrop(64)(photograph) }
    #expect(throws: TransformError.self) { try Compose([RandomCrop(64), ToTensor()])(photograph) as Tensor }
  }

  @Test func textsAreTorchvisions() {
    #expect("\(Resize(256))" == "Resize(size=256, interpolation=bilinear, max_size=None, antialias=True)")
    #expect(
      "\(Resize([20, 30], interpolation: .bicubic))"
        == "Resize(size=[20, 30], interpolation=bicubic, max_size=None, antialias=True)")
    #expect("\(CenterCrop(224))" == "CenterCrop(size=(224, 224))")
    #expect("\(ToTensor())" == "ToTensor()")
    #expect("\(PILToTensor())" == "PILToTensor()")
    #expect("\(Normalize(mean: [0.5, 0.25], std: [1, 2]))" == "Normalize(mean=[0.5, 0.25], std=[1.0, 2.0])")
    #expect(
      "\(RandomResizedCrop(224))"
        == "RandomResizedCrop(size=(224, 224), scale=(0.08, 1.0), ratio=(0.75, 1.3333), interpolation=bilinear, antialias=True)"
    )
    #expect("\(RandomCrop(32, padding: 4))" == "RandomCrop(size=(32, 32), padding=4)")
    #expect("\(RandomHorizontalFlip())" == "RandomHorizontalFlip(p=0.5)")
    #expect(
      "\(RandomRotation(30))" == "RandomRotation(degrees=[-30.0, 30.0], interpolation=nearest, expand=False, fill=0)")
    #expect(
      "\(RandomAffine(10, translate: [0.1, 0.2], shear: 5))"
        == "RandomAffine(degrees=[-10.0, 10.0], translate=(0.1, 0.2), shear=[-5.0, 5.0])")
    #expect(
      "\(ColorJitter(brightness: 0.4, hue: 0.1))"
        == "ColorJitter(brightness=(0.6, 1.4), contrast=None, saturation=None, hue=(-0.1, 0.1))")
    #expect("\(GaussianBlur(kernelSize: 5))" == "GaussianBlur(kernel_size=(5, 5), sigma=(0.1, 2.0))")
    #expect(
      "\(RandomErasing())"
        == "RandomErasing(p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False)")
    #expect("\(Pad([1, 2]))" == "Pad(padding=[1, 2], fill=0, padding_mode=constant)")
    #expect(
      "\(Compose([Resize(8), ToTensor()]))"
        == "Compose(\n    Resize(size=8, interpolation=bilinear, max_size=None, antialias=True)\n    ToTensor()\n)")
    #expect(
      "\(RandomApply([Grayscale()], p: 0.3))" == "RandomApply(\n    p=0.3\n    Grayscale(num_output_channels=1)\n)")
  }

  private func faultText(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func wrongOrdersAreFaultsWhenBuilt() async {
    let twice = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Compose([Resize(8), ToTensor(), ToTensor()])
    }
    #expect(faultText(twice).contains("transform 2, ToTensor(), after transform 1, ToTensor()"))
    let early = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Compose([Resize(8), Normalize(mean: [0.5], std: [0.5]), ToTensor()])
    }
    #expect(faultText(early).contains("Normalize(mean=[0.5], std=[0.5])"))
    let crops = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Compose([FiveCrop(8), Resize(8)])
    }
    #expect(faultText(crops).contains("wants one picture, but gets several images"))
    let bytes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Compose([PILToTensor(), Normalize(mean: [0.5], std: [0.5])])
    }
    #expect(faultText(bytes).contains("put ConvertImageDtype(.float32) before it"))
    let erased = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Compose([Resize(8), RandomErasing(), ToTensor()])
    }
    #expect(faultText(erased).contains("RandomErasing"))
  }

  @Test func wrongNumbersAreFaults() async {
    let p = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RandomHorizontalFlip(p: 1.5)
    }
    #expect(faultText(p).contains("p is a probability from 0 to 1, got 1.5"))
    let kernel = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GaussianBlur(kernelSize: 4)
    }
    #expect(faultText(kernel).contains("odd positive numbers"))
    let maxSize = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Resize(256, maxSize: 200)
    }
    #expect(faultText(maxSize).contains("maxSize must be greater"))
    let hue = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ColorJitter(hue: 0.7)
    }
    #expect(faultText(hue).contains("hue"))
  }
}
