// Pictures on their way to a network: sizes, numbers, and changes at random.

import Torch
import TorchVision

private func gradient(height: Int, width: Int) -> Image {
  let y = (Tensor.arange(height).view(-1, 1) * 255).floorDivide(height - 1)
  let x = (Tensor.arange(width).view(1, -1) * 255).floorDivide(width - 1)
  return Image(pixels: Tensor.stack([x + 0 * y, y + 0 * x, (x + y).floorDivide(2)], dim: 2).to(.uint8), mode: .rgb)
}

let transforms: Section = .init("transforms", "Transforms") {
  row("S70", "A picture in a file")
  try gradient(height: 60, width: 80).save("slope.png")
  let picture = try Image(contentsOf: "slope.png")
  print(picture.mode.rawValue, picture.width, picture.height)

  row("S70", "From a picture to what a network takes")
  let transform = Compose([
    Resize(32),  // the shorter side
    CenterCrop(28),
    ToTensor(),
    Normalize(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]),
  ])
  print(transform)
  let x = try transform(picture)
  print(x.shape, x.dtype)
  print(x[0..., 0, ..<4])

  row("S70", "Step by step")
  let small = Resize(32)(picture)
  print(small.width, small.height)
  print(VF.pilToTensor(small)[0, 0, ..<6])
  print(ToTensor()(small)[0, 0, ..<6])

  row("S71", "At random, the same for the same seed")
  let augment = Compose([
    RandomResizedCrop(24),
    RandomHorizontalFlip(),
    RandomRotation(15),
    ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2),
    ToTensor(),
    Normalize(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]),
  ])
  manualSeed(14)
  for _ in 0..<3 {
    let x = try augment(picture)
    print(x.shape)
    print(x[0, 12, 10..<14])
  }

  row("S71", "One step alone")
  manualSeed(15)
  let crop = RandomCrop(2)
  for _ in 0..<2 { print(VF.pilToTensor(try crop(picture))[..<2]) }

  row("S70", "Three colours from -1 to 1")
  let half = Compose([ToTensor(), Normalize(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])])
  let y = try half(picture)
  print(y.min(), y.max())
}
