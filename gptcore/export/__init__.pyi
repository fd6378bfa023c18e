from gptcore.export.gguf_file import export_gguf as export_gguf
from gptcore.export.huggingface_folder import export_huggingface as export_huggingface
from gptcore.export.page import export_page as export_page
