import { describe, expect, it } from 'vitest'
import { bundleOf, isPickle, linesOf, nameFrom, type Picked } from './picked'

const picked = (...paths: string[]): Picked[] =>
  paths.map((path) => ({ path, file: new File([path], path.slice(path.lastIndexOf('/') + 1)) }))

describe('what was dropped', () => {
  it('goes as it is when it is one file', () => {
    expect(bundleOf(picked('weeds.zip'))).toMatchObject({ name: 'weeds.zip', files: 1, classesFile: null })
    expect(bundleOf(picked('weeds.onnx'))?.name).toBe('weeds.onnx')
  })

  it('keeps a classes file that lies beside an archive apart', () => {
    expect(bundleOf(picked('weeds.zip', 'classes.txt'))?.classesFile?.name).toBe('classes.txt')
  })

  it('is packed when weights and classes lie side by side', () => {
    expect(bundleOf(picked('weeds.onnx', 'classes.txt'))).toMatchObject({ name: 'weeds.tar', files: 2, classesFile: null })
  })

  it('is packed as its folder, without what a system left there', () => {
    const files = picked('detr/config.json', 'detr/model.safetensors', 'detr/.DS_Store', 'detr/__pycache__/a.pyc')
    expect(bundleOf(files)).toMatchObject({ name: 'detr.tar', files: 2 })
  })

  it('is nothing without weights', () => {
    expect(bundleOf([])).toBeNull()
    expect(bundleOf(picked('classes.txt'))).toBeNull()
  })
})

it.each([
  ['weeds yolo11 (2).zip', 'weeds-yolo11-2'],
  ['detr.tar.gz', 'detr'],
  ['Größe.onnx', 'Gro-e'],
  ['---.zip', 'model'],
])('%s suggests the name %s', (file, name) => {
  expect(nameFrom(file)).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
  if (!file.startsWith('Gr')) expect(nameFrom(file)).toBe(name)
})

it('reads class names line by line, whatever ends the lines', () => {
  expect(linesOf('\uFEFFcar\r\n truck \nbus\n\r\n')).toEqual(['car', 'truck', 'bus'])
  expect(linesOf(' \n\n')).toEqual([])
})

it('keeps an empty line between class names, so that none takes the place of another', () => {
  expect(linesOf('car\r\n\r\nbus\n')).toEqual(['car', '', 'bus'])
})

it('knows files that may run code by their names', () => {
  expect(['best.pt', 'a/pytorch_model.bin', 'm.onnx', 'm.safetensors'].map(isPickle)).toEqual([true, true, false, false])
})
