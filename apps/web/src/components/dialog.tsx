// A modal dialog: the browser's own, which keeps the focus inside and closes with Escape.
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Icon } from './icon.tsx'

export interface DialogProps {
  readonly title: string
  /** Smaller, above the title. */
  readonly over?: string
  readonly kind: 'side' | 'wide' | 'small'
  readonly onClose: () => void
  readonly children: ComponentChildren
}

export function Dialog({ title, over, kind, onClose, children }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={`dialog dialog-${kind}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      // A browser may close it all the same, after a second Escape.
      onClose={onClose}
      onClick={(event) => {
        // The backdrop is the dialog itself; what is in it is in its panel.
        if (event.target === dialog.current) onClose()
      }}
    >
      <div class="dialog-panel">
        <header class="dialog-head">
          <div>
            {over !== undefined && <p class="dialog-over">{over}</p>}
            <h2 id={id} dir="auto">
              {title}
            </h2>
          </div>
          <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div class="dialog-body">{children}</div>
      </div>
    </dialog>
  )
}
