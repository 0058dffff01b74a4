;;; Lists the workrooms of the store, and shows every event as it happens.  -*- lexical-binding: t -*-
;; Run it with M-x load-file.  Emacs's own jsonrpc.el sends Content-Length headers, and Workroom does the same.
(require 'jsonrpc)

(defvar workroom-connection
  (make-instance
   'jsonrpc-process-connection
   :name "workroom"
   :process (make-process :name "workroom" :command '("workroom" "app-server") :connection-type 'pipe
                          :coding 'utf-8-emacs-unix :noquery t)
   :notification-dispatcher
   (lambda (_connection method params)
     (when (eq method 'event/appended)
       (let ((event (plist-get params :event)))
         (message "%s: %s" (plist-get (plist-get event :actor) :handle)
                  (plist-get (plist-get event :kind) :event)))))))

(dolist (room (append (plist-get (jsonrpc-request workroom-connection :workroom/list '(:limit 10)) :workrooms) nil))
  (message "%s  %s" (plist-get room :title) (plist-get room :link)))
(jsonrpc-request workroom-connection :event/subscribe '(:kinds ["message" "needs_human" "failure" "receipt"]))
