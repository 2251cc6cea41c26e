// What a model may come as, and how to make that of what one has.
import { IconChevronRight } from '@tabler/icons-react'
import classes from './models.module.css'

const WAYS: readonly { title: string; text: string; command: string }[] = [
  {
    title: 'Ultralytics YOLO (.pt)',
    text: 'Detection, segmentation or pose. The classes travel inside the ONNX file.',
    command: 'yolo export model=best.pt format=onnx',
  },
  {
    title: 'Transformers',
    text: 'DETR, RT-DETR, D-FINE, Mask2Former, SegFormer, SAM … Drop the whole folder: config.json, preprocessor_config.json and the weights.',
    command: 'model.save_pretrained("model", safe_serialization=True)',
  },
  {
    title: 'Any other PyTorch network',
    text: 'Export it, and put classes.txt beside it: one name a line, in the order of the outputs.',
    command: 'torch.onnx.export(model, example, "model.onnx")',
  },
]

export function HowTo({ opened }: { opened: boolean }) {
  return (
    <details className={classes.howTo} open={opened}>
      <summary>
        <IconChevronRight size={14} aria-hidden /> What can be dropped in, and how to convert
      </summary>
      <p className="pl-soft">
        ONNX files, and Transformers folders with safetensors. Pickles (.pt, .pth, .bin), TorchScript and code that comes
        with a model are refused: loading them runs whatever is inside.
      </p>
      <ul>
        {WAYS.map(({ title, text, command }) => (
          <li key={title}>
            <b>{title}</b>
            <span className="pl-soft">{text}</span>
            <code>{command}</code>
          </li>
        ))}
      </ul>
    </details>
  )
}
