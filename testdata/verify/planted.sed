s,path: /cart\(.*\)name: cart,path: /cart\1name: web,
/path: \/help,/d
s,rewrite-target: /\$2,rewrite-target: /new/$2,
s,X-Served-By: "today",X-Served-By: "tomorrow",
s,shop.corp.example/news,shop.corp.example/old-news,
s,upstream-vhost: inside,upstream-vhost: outside,
s,path: /static,path: /moved,
